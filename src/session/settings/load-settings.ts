import { z } from 'zod';
import { type AnalysisSession, type CatalogEngine, READER_ROLE } from '../../analysis/engine.ts';
import {
  type OwnDefaults,
  overriddenDefaults,
  ownDefinitions,
  type SettingDefinition,
} from './definition.ts';
import { SettingsCatalog } from './settings-catalog.ts';
import { TimeZones } from './time-zone.ts';

const definitionRow = z.object({
  name: z.string(),
  setting: z.string().nullable(),
  unit: z.string().nullable(),
  context: z.enum(['internal', 'postmaster', 'sighup', 'backend', 'superuser-backend', 'superuser', 'user']),
  vartype: z.enum(['bool', 'integer', 'real', 'string', 'enum']),
  min_val: z.coerce.number().nullable(),
  max_val: z.coerce.number().nullable(),
  enumvals: z.array(z.string()).nullable(),
  short_desc: z.string(),
});

const loaded = z.object({
  version: z.string(),
  settings: z.array(definitionRow),
  zones: z.array(z.string()),
});

const SQL = `SELECT json_build_object(
  'version', version(),
  'settings', (SELECT json_agg(json_build_object(
      'name', name, 'setting', setting, 'unit', unit, 'context', context, 'vartype', vartype, 'min_val', min_val,
      'max_val', max_val, 'enumvals', enumvals, 'short_desc', short_desc))
    FROM pg_catalog.pg_settings),
  'zones', (SELECT json_agg(name) FROM pg_catalog.pg_timezone_names))::text`;

const SESSION: AnalysisSession = {
  searchPath: 'pg_catalog',
  timeZone: 'UTC',
  dateStyle: 'ISO, MDY',
  intervalStyle: 'postgres',
  user: READER_ROLE,
};

export interface LoadedSettings {
  readonly settings: SettingsCatalog;
  /** What version() gives. */
  readonly version: string;
}

/** The parameters and time zones that the embedded PostgreSQL knows, with a proxy's own. */
export async function loadSettings(engine: CatalogEngine, defaults: OwnDefaults): Promise<LoadedSettings> {
  const json = await engine.constantText('settings', SQL, SESSION);
  const { version, settings, zones } = loaded.parse(JSON.parse(json));
  const overridden = overriddenDefaults(defaults);
  const definitions = settings.map(
    (row): SettingDefinition => ({
      name: row.name,
      type: row.vartype,
      unit: row.unit ?? undefined,
      context: row.context,
      min: row.min_val ?? undefined,
      max: row.max_val ?? undefined,
      enumValues: row.enumvals ?? [],
      defaultValue: overridden.get(row.name.toLowerCase()) ?? row.setting ?? '',
      description: row.short_desc,
      embedded: row.setting ?? '',
    }),
  );
  const catalog = new SettingsCatalog([...definitions, ...ownDefinitions(defaults)], new TimeZones(zones));
  return { settings: catalog, version: versionText(version) };
}

const ARCHITECTURES: ReadonlyMap<string, string> = new Map([
  ['x64', 'x86_64'],
  ['arm64', 'aarch64'],
]);

/** In PostgreSQL's form, without how the embedded one was compiled. */
function versionText(embedded: string): string {
  const product = /^PostgreSQL [\d.]+/.exec(embedded)?.[0] ?? embedded;
  return `${product} (Skein) on ${ARCHITECTURES.get(process.arch) ?? process.arch}-${process.platform}, 64-bit`;
}
