--@ float digits, sent by its JDBC driver
SET extra_float_digits = 3
--@ application name
SET application_name = 'DBeaver 25.1.5 - Main <skein>'
--@ schema and user
SELECT current_schema(),session_user
--@ schemas
SELECT n.oid,n.*,d.description FROM pg_catalog.pg_namespace n
LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=n.oid AND d.objsubid=0 AND d.classoid='pg_namespace'::regclass
ORDER BY nspname
--@ type of an unknown OID: its schema
--@ params int8:1034
SELECT n.nspname = ANY(current_schemas(true)), n.nspname, t.typname
FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON t.typnamespace = n.oid WHERE t.oid = $1
--@ type of an unknown OID: whether it is an array
--@ params int8:1034
SELECT typinput='pg_catalog.array_in'::regproc as is_array, typtype, typname, pg_type.oid
FROM pg_catalog.pg_type
LEFT JOIN (select ns.oid as nspoid, ns.nspname, r.r from pg_namespace as ns
  join ( select s.r, (current_schemas(false))[s.r] as nspname
         from generate_series(1, array_upper(current_schemas(false), 1)) as s(r) ) as r using ( nspname ) ) as sp
ON sp.nspoid = typnamespace
WHERE pg_type.oid = $1 ORDER BY sp.r, pg_type.oid DESC
--@ search path
SHOW search_path
--@ database
--@ params text:'skein'
--@ drop datcollversion, datlocprovider, datlocale, datcollate, datctype
SELECT db.oid,db.* FROM pg_catalog.pg_database db WHERE datname=$1
--@ a setting
SELECT * FROM pg_catalog.pg_settings where name='standard_conforming_strings'
--@ keywords
SELECT string_agg(word, ',' ) from pg_catalog.pg_get_keywords() where word <> ALL ('{a,abs,absolute,action,ada,add,admin,after,all,allocate,alter,always,and,any,are,array,as,asc,select,table,user,where,year,zone}'::text[])
--@ version
--@ only columns
SELECT version()
--@ whether there are enums
SELECT * FROM pg_catalog.pg_enum WHERE 1<>1 LIMIT 1
--@ whether pg_class has reltype
SELECT reltype FROM pg_catalog.pg_class WHERE 1<>1 LIMIT 1
--@ types
--@ unordered
--@ drop typbyval, typlen, typalign
SELECT t.oid,t.*,c.relkind,format_type(nullif(t.typbasetype, 0), t.typtypmod) as base_type_name, d.description
FROM pg_catalog.pg_type t
LEFT OUTER JOIN pg_catalog.pg_type et ON et.oid=t.typelem
LEFT OUTER JOIN pg_catalog.pg_class c ON c.oid=t.typrelid
LEFT OUTER JOIN pg_catalog.pg_description d ON t.oid=d.objoid
WHERE t.typname IS NOT NULL AND (c.relkind IS NULL OR c.relkind = 'c') AND (et.typcategory IS NULL OR et.typcategory <> 'C')
--@ databases
--@ unordered
--@ only columns
SELECT db.oid,db.* FROM pg_catalog.pg_database db WHERE NOT db.datistemplate AND db.datallowconn
--@ access methods
SELECT am.oid,am.* FROM pg_catalog.pg_am am ORDER BY am.oid
--@ encodings
SELECT c.contoencoding as encid, pg_catalog.pg_encoding_to_char(c.contoencoding) as encname
FROM pg_catalog.pg_conversion c GROUP BY c.contoencoding ORDER BY 2
--@ languages
SELECT l.oid,l.* FROM pg_catalog.pg_language l ORDER BY l.oid
--@ tablespaces
SELECT t.oid,t.*,pg_tablespace_location(t.oid) loc FROM pg_catalog.pg_tablespace t ORDER BY t.oid
--@ extensions
SELECT e.oid,a.name,e.extversion,n.nspname as schema_name FROM pg_catalog.pg_available_extensions() a
JOIN pg_catalog.pg_extension e ON e.extname = a.name JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace ORDER BY a.name
--@ roles
--@ only columns
SELECT a.oid,a.*,pd.description FROM pg_catalog.pg_roles a left join pg_catalog.pg_shdescription pd on a.oid = pd.objoid ORDER BY a.rolname
--@ size of the database
--@ only columns
SELECT pg_catalog.pg_database_size(current_database()::name)
--@ tables of a schema
--@ params int8:'public'::regnamespace::oid
--@ unordered
--@ drop relpages, relallvisible, relallfrozen
SELECT c.oid,c.*,d.description,pg_catalog.pg_get_expr(c.relpartbound, c.oid) as partition_expr, pg_catalog.pg_get_partkeydef(c.oid) as partition_key
FROM pg_catalog.pg_class c
LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=c.oid AND d.objsubid=0 AND d.classoid='pg_class'::regclass
WHERE c.relnamespace=$1 AND c.relkind not in ('i','I','c')
--@ one table by its name
--@ params int8:'public'::regnamespace::oid; text:'sales'
--@ drop relpages, relallvisible, relallfrozen
SELECT c.oid,c.*,d.description,pg_catalog.pg_get_expr(c.relpartbound, c.oid) as partition_expr, pg_catalog.pg_get_partkeydef(c.oid) as partition_key
FROM pg_catalog.pg_class c
LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=c.oid AND d.objsubid=0 AND d.classoid='pg_class'::regclass
WHERE c.relnamespace=$1 AND c.relkind not in ('i','I','c') AND relname=$2
--@ columns of a table
--@ params int8:'public.sales'::regclass::oid
--@ drop attbyval
SELECT c.relname,a.*,pg_catalog.pg_get_expr(ad.adbin, ad.adrelid, true) as def_value,dsc.description,dep.objid
FROM pg_catalog.pg_attribute a
INNER JOIN pg_catalog.pg_class c ON (a.attrelid=c.oid)
LEFT OUTER JOIN pg_catalog.pg_attrdef ad ON (a.attrelid=ad.adrelid AND a.attnum = ad.adnum)
LEFT OUTER JOIN pg_catalog.pg_description dsc ON (c.oid=dsc.objoid AND a.attnum = dsc.objsubid)
LEFT OUTER JOIN pg_depend dep on dep.refobjid = a.attrelid AND dep.deptype = 'i' and dep.refobjsubid = a.attnum and dep.classid = dep.refclassid
WHERE NOT a.attisdropped AND c.relkind not in ('i','I','c') AND c.oid=$1 ORDER BY a.attnum
--@ columns of all tables of a schema
--@ params int8:'public'::regnamespace::oid
--@ unordered
--@ drop attbyval
SELECT c.relname,a.*,pg_catalog.pg_get_expr(ad.adbin, ad.adrelid, true) as def_value,dsc.description,dep.objid
FROM pg_catalog.pg_attribute a
INNER JOIN pg_catalog.pg_class c ON (a.attrelid=c.oid)
LEFT OUTER JOIN pg_catalog.pg_attrdef ad ON (a.attrelid=ad.adrelid AND a.attnum = ad.adnum)
LEFT OUTER JOIN pg_catalog.pg_description dsc ON (c.oid=dsc.objoid AND a.attnum = dsc.objsubid)
LEFT OUTER JOIN pg_depend dep on dep.refobjid = a.attrelid AND dep.deptype = 'i' and dep.refobjsubid = a.attnum and dep.classid = dep.refclassid
WHERE NOT a.attisdropped AND c.relkind not in ('i','I','c') AND c.relnamespace=$1 ORDER BY a.attnum
--@ constraints of a table
--@ params int8:'public.sales'::regclass::oid
SELECT c.oid,c.*,t.relname as tabrelname,rt.relnamespace as refnamespace,d.description, case when c.contype='c' then pg_get_constraintdef(c.oid, true) end as cond
FROM pg_catalog.pg_constraint c
INNER JOIN pg_catalog.pg_class t ON t.oid=c.conrelid
LEFT OUTER JOIN pg_catalog.pg_class rt ON rt.oid=c.confrelid
LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=c.oid AND d.objsubid=0 AND d.classoid='pg_constraint'::regclass
WHERE c.conrelid=$1 ORDER BY c.oid
--@ references to a table
--@ params int8:'public.sales'::regclass::oid
SELECT DISTINCT t.oid as table_id, t.relnamespace as schema_id, c.oid FROM pg_catalog.pg_constraint c, pg_catalog.pg_class t WHERE t.oid = c.conrelid AND c.confrelid = $1
--@ indexes of a table
--@ params int8:'public.sales'::regclass::oid
SELECT i.*,i.indkey as keys,c.relname,c.relnamespace,c.relam,c.reltablespace,tc.relname as tabrelname,dsc.description,
pg_catalog.pg_get_expr(i.indpred, i.indrelid) as pred_expr,pg_catalog.pg_get_expr(i.indexprs, i.indrelid, true) as expr,
pg_catalog.pg_relation_size(i.indexrelid) as index_rel_size,pg_catalog.pg_stat_get_numscans(i.indexrelid) as index_num_scans
FROM pg_catalog.pg_index i
INNER JOIN pg_catalog.pg_class c ON c.oid=i.indexrelid
INNER JOIN pg_catalog.pg_class tc ON tc.oid=i.indrelid
LEFT OUTER JOIN pg_catalog.pg_description dsc ON i.indexrelid=dsc.objoid
WHERE i.indrelid=$1 ORDER BY tc.relname, c.relname
--@ sizes of a schema's tables
--@ params int8:'public'::regnamespace::oid
--@ only columns
SELECT c.oid,pg_catalog.pg_total_relation_size(c.oid) as total_rel_size,pg_catalog.pg_relation_size(c.oid) as rel_size
FROM pg_class c WHERE c.relnamespace=$1
--@ statistics of a table
--@ params int8:'public.sales'::regclass::oid
SELECT n_live_tup, n_dead_tup FROM pg_catalog.pg_stat_all_tables WHERE relid = $1
--@ partitions and inheritance
--@ params int8:'public.sales'::regclass::oid
SELECT i.*,c.relnamespace FROM pg_catalog.pg_inherits i,pg_catalog.pg_class c WHERE i.inhrelid=$1 AND c.oid=i.inhparent ORDER BY i.inhseqno
--@ triggers
--@ params int8:'public.sales'::regclass::oid
SELECT x.oid,x.*,p.pronamespace as func_schema_id,d.description FROM pg_catalog.pg_trigger x
LEFT OUTER JOIN pg_catalog.pg_proc p ON p.oid=x.tgfoid
LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=x.oid AND d.objsubid=0
WHERE x.tgrelid=$1 AND NOT x.tgisinternal
--@ rules
--@ params int8:'public.sales'::regclass::oid
SELECT r.oid,r.rulename,r.ev_type,r.is_instead,pg_catalog.pg_get_ruledef(r.oid) AS definition FROM pg_catalog.pg_rewrite r WHERE r.ev_class=$1
--@ policies
--@ params text:'public'; text:'sales'
SELECT pol.policyname,pol.permissive,pol.roles,pol.cmd,pol.qual,pol.with_check FROM pg_catalog.pg_policies pol WHERE pol.schemaname=$1 AND pol.tablename=$2
--@ procedures of a schema
--@ params int8:'public'::regnamespace::oid
SELECT p.oid as poid,p.*,pg_catalog.pg_get_expr(p.proargdefaults, 0) as arg_defaults,l.oid as lang_oid,d.description
FROM pg_catalog.pg_proc p LEFT OUTER JOIN pg_catalog.pg_language l ON l.oid=p.prolang
LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=p.oid WHERE p.pronamespace=$1 ORDER BY p.proname
--@ sequences of a schema
--@ params text:'public'
SELECT schemaname, sequencename, last_value FROM pg_catalog.pg_sequences WHERE schemaname=$1
--@ definition of a view
--@ params int8:'pg_catalog.pg_tables'::regclass::oid
SELECT pg_catalog.pg_get_viewdef($1::oid, true)
--@ privileges of a table
--@ params text:'public'; text:'sales'
--@ unordered
SELECT grantor,grantee,table_catalog,table_schema,table_name,privilege_type,is_grantable,with_hierarchy FROM information_schema.table_privileges WHERE table_schema=$1 AND table_name=$2
--@ default privileges
--@ params int8:'public'::regnamespace::oid
SELECT defaclrole,defaclnamespace,defaclobjtype,defaclacl FROM pg_catalog.pg_default_acl a WHERE a.defaclnamespace=$1
--@ dependencies of a table (here none has TOAST)
--@ params int8:'public.sales'::regclass::oid
--@ only columns
SELECT DISTINCT dep.deptype, dep.classid, dep.objid, cl.relkind, attr.attname, pg_get_expr(ad.adbin, ad.adrelid) adefval,
CASE WHEN cl.relkind IS NOT NULL THEN cl.relkind::text || COALESCE(dep.objsubid::text, '') ELSE '' END AS type
FROM pg_depend dep
LEFT JOIN pg_class cl ON dep.objid=cl.oid
LEFT JOIN pg_attribute attr ON dep.objid=attr.attrelid AND dep.objsubid=attr.attnum
LEFT JOIN pg_attrdef ad ON ad.oid=dep.objid
WHERE dep.refobjid=$1 AND dep.classid IN ('pg_class'::regclass, 'pg_attrdef'::regclass)
--@ sessions
--@ only columns
SELECT sa.* FROM pg_catalog.pg_stat_activity sa
--@ data of a table
--@ unordered
SELECT x.* FROM public.sales x LIMIT 200
--@ rows of a table
SELECT count(*) FROM public.sales
--@ data of a replicated table
--@ unordered
SELECT x.* FROM public.products x LIMIT 200
--@ a transaction begins
BEGIN
--@ a transaction ends
ROLLBACK
--@ search path of an editor
SET search_path = public,"$user"
