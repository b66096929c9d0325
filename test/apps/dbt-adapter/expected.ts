/** Beginnings of tests' names, with the reason why each test that begins so fails. */
export type Reasons = Readonly<Record<string, string>>;

/** On PostgreSQL 18 as on Skein. */
export const FAIL_ON_BOTH: Reasons = {
  Test_test_python_model_: 'PostgreSQL’s adapter has no Python models',
  Test_test_spark_: 'PostgreSQL’s adapter has no Python models',
  Test_test_js_udfs_: 'a base without its functions',
  Test_test_udafs_: 'PostgreSQL’s adapter has no aggregates of the user’s',
  Test_test_udfs_PythonUDFDefaultArgSupport: 'PostgreSQL’s adapter has no Python functions',
  Test_test_udfs_PythonUDFVolatilitySupport: 'PostgreSQL’s adapter has no Python functions',
  Test_test_udfs_PythonUDFWithPackagesSupported: 'PostgreSQL’s adapter has no Python functions',
  Test_test_get_catalog_for_single_relation_: 'PostgreSQL’s adapter has no get_catalog_for_single_relation',
  'Test_test_dbt_clone_BaseClonePossible::test_can_clone_true':
    'PostgreSQL’s adapter makes views where others clone',
  Test_test_dbt_clone_BaseCloneSameSourceAndTarget: 'PostgreSQL’s adapter makes views where others clone',
  Test_test_empty_BaseTestEmptyInlineSourceRef: 'this dbt-core’s command has no --empty',
  'Test_test_empty_BaseTestEmptySeedFlag::test_seed_empty': 'this dbt-core’s command has no --empty',
  'Test_test_empty_BaseTestEmptySeedFlag::test_build_empty': 'this dbt-core’s command has no --empty',
  'Test_test_empty_MetadataWithEmptyFlag::test_run[alter_column_type]':
    'alters a relation that is a subquery',
  'Test_test_current_timestamp_BaseCurrentTimestampNaive::test_current_timestamp_type':
    'PostgreSQL’s now() has a zone',
  Test_test_escape_single_quotes_BaseEscapeSingleQuotesBackslash: 'PostgreSQL doubles quotes',
};

/** On Skein alone. docs/dbt.md tells them. */
export const FAIL_ON_SKEIN: Reasons = {
  Test_test_constraints_TestIncrementalForeignKeyConstraint: 'foreign keys are refused',
  Test_test_constraints_TestIncrementalConstraintsRuntimeDdlEnforcement: 'foreign keys are refused',
  Test_test_constraints_TestModelConstraintsRuntimeEnforcement: 'foreign keys are refused',
  Test_test_constraints_TestTableConstraintsRuntimeDdlEnforcement: 'foreign keys are refused',
  'Test_test_simple_copy_TestSimpleCopyBase::test_simple_copy_with_materialized_views':
    'materialized views are refused',
  Test_test_udfs_CanFindScalarFunctionRelation: 'functions are refused',
  Test_test_udfs_DeterministicUDF: 'functions are refused',
  Test_test_udfs_NonDeterministicUDF: 'functions are refused',
  Test_test_udfs_StableUDF: 'functions are refused',
};
