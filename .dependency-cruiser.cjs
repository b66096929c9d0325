/** The direction of imports (ARCHITECTURE.md). Each folder names all that it may import from src. */
const allowed = {
  base: [],
  types: ['base'],
  sql: ['base'],
  catalog: ['base', 'types'],
  plan: ['base', 'types', 'catalog'],
  dialect: ['base', 'types', 'catalog', 'plan'],
  planner: [
    'base',
    'types',
    'catalog',
    'plan',
    'dialect',
    'analysis/(tree|read-tree)',
    'sql/long-lists',
    'sql/long-values',
  ],
  analysis: ['base', 'types', 'catalog', 'sql'],
  engine: ['base', 'types', 'plan', 'dialect'],
  protocol: ['base', 'types', 'plan', 'catalog'],
  execution: ['base', 'types', 'catalog', 'plan', 'dialect', 'protocol', 'engine'],
  fleet: ['base', 'types', 'catalog', 'plan', 'dialect', 'protocol', 'execution', 'engine'],
  agent: ['base', 'types', 'catalog', 'plan', 'dialect', 'protocol', 'engine'],
  warehouse: ['base', 'types', 'catalog', 'plan', 'dialect', 'execution', 'engine'],
  pgwire: ['base', 'types'],
  session: [
    'base',
    'types',
    'sql',
    'catalog',
    'analysis',
    'plan',
    'dialect',
    'planner',
    'execution',
    'warehouse',
    'pgwire',
  ],
};

const directions = Object.entries(allowed).map(([folder, targets]) => ({
  name: `${folder}-looks-down-only`,
  severity: 'error',
  from: { path: `^src/${folder}/`, pathNot: '\\.test\\.ts$' },
  to: { path: '^src/', pathNot: [folder, ...targets].map((t) => `^src/${t}(/|\\.ts|-)`) },
}));

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: { pathNot: '^src/plan/(expr|logical)\\.ts$' },
      to: { circular: true },
    },
    {
      name: 'core-has-no-io',
      comment:
        'planner, dialect, plan, catalog and types are pure: no Node built-in, socket, DuckDB or PGlite',
      severity: 'error',
      from: { path: '^src/(planner|dialect|plan|catalog|types)/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'core-has-no-engine',
      severity: 'error',
      from: { path: '^src/(planner|dialect|plan|catalog|types)/', pathNot: '\\.test\\.ts$' },
      to: { path: 'node_modules/(ws|@duckdb|@electric-sql|pg|libpg-query)/' },
    },
    ...directions,
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
