/**
 * PostgreSQL's abbreviations of zones (its set "Default") that mean one offset, by seconds east of Greenwich. Left out are those
 * whose offset has changed (MSK). test/oracle/dialect/time-zones.test.ts compares them.
 */
const BY_OFFSET: Readonly<Record<string, string>> = {
  '-36000': 'HST TAHT',
  '-34200': 'MART',
  '-32400': 'AKST GAMT',
  '-28800': 'AKDT PST',
  '-25200': 'MST PDT',
  '-21600': 'CST GALT MDT',
  '-18000': 'ACT CDT COT EST PET',
  '-14400': 'AMT AST BOT EDT',
  '-12600': 'NFT NST',
  '-10800': 'ADT BRA BRT CLST GFT PMST PYST UYT WGT',
  '-9000': 'NDT',
  '-7200': 'BRST FNT PMDT UYST WGST',
  '-3600': 'AZOT EGT FNST',
  '0': 'AZOST EGST GMT UCT UT UTC WET Z ZULU',
  '3600': 'BST CET MET MEZ WAT WETDST',
  '7200': 'BDST CEST CETDST EET IST MEST MESZ METDST SAST',
  '10800': 'EAT EEST EETDST FET IDT',
  '12600': 'IRT',
  '14400': 'MSD MUT RET SCT',
  '16200': 'AFT',
  '18000': 'MUST MVT PKT TFT TJT UZT',
  '20700': 'NPT',
  '21600': 'ALMT BDT BTT KGST PKST UZST XJT YEKST',
  '23400': 'MMT',
  '25200': 'ALMST CXT ICT WAST',
  '28800': 'AWST BNT BORT CCT HKT MYT PHT WADT',
  '31500': 'ACWST',
  '32400': 'AWSST JAYT JST KST PWT ULAST WDT',
  '34200': 'ACST CAST',
  '36000': 'AEST CHUT DDUT KDT LIGT MPT PGT TRUT YAPT',
  '37800': 'ACDT ACSST CADT LHST SADT',
  '39600': 'AEDT AESST PONT VUT',
  '43200': 'FJT GILT MHT NZST NZT TVT WAKT WFT',
  '45900': 'CHAST',
  '46800': 'FJST NZDT TOT',
  '49500': 'CHADT',
};

/** Zones that know the abbreviation as another offset, now or once: in their sessions it has that meaning. */
const REDEFINED: Readonly<Record<string, string>> = {
  ACST: `
    Australia/Adelaide Australia/Broken_Hill Australia/Darwin Australia/North Australia/South
    Australia/Yancowinna`,
  AMT: `
    America/Asuncion EET Europe/Athens`,
  AST: `
    America/Anchorage US/Alaska`,
  BDT: `
    America/Adak America/Atka America/Nome US/Aleutian`,
  BST: `
    America/Adak America/Atka America/La_Paz America/Nome Atlantic/Bermuda US/Aleutian`,
  CAST: `
    Africa/Juba Africa/Khartoum`,
  CDT: `
    America/Havana Asia/Chongqing Asia/Chungking Asia/Harbin Asia/Macao Asia/Macau Asia/Shanghai Asia/Taipei
    Cuba PRC ROC`,
  CST: `
    America/Havana Asia/Chongqing Asia/Chungking Asia/Harbin Asia/Macao Asia/Macau Asia/Shanghai Asia/Taipei
    Cuba PRC ROC`,
  HST: `
    HST Pacific/Honolulu Pacific/Johnston US/Hawaii`,
  IST: `
    Asia/Calcutta Asia/Kolkata Eire Europe/Dublin`,
  KDT: `
    Asia/Seoul ROK`,
  KST: `
    Asia/Pyongyang Asia/Seoul ROK`,
  MMT: `
    Africa/Monrovia America/Managua America/Montevideo Asia/Calcutta Asia/Colombo Asia/Kolkata Asia/Makassar
    Asia/Ujung_Pandang Europe/Minsk Europe/Moscow Indian/Kerguelen Indian/Maldives W-SU`,
  MPT: `
    America/Boise America/Cambridge_Bay America/Denver America/Edmonton America/North_Dakota/Beulah
    America/North_Dakota/Center America/North_Dakota/New_Salem America/Regina America/Shiprock
    America/Swift_Current America/Yellowknife Canada/Mountain Canada/Saskatchewan MST7MDT Navajo US/Mountain`,
  MST: `
    Europe/Moscow W-SU`,
  NDT: `
    America/Goose_Bay America/St_Johns Canada/Newfoundland`,
  NPT: `
    America/Adak America/Atka America/Goose_Bay America/Nome America/St_Johns Canada/Newfoundland
    US/Aleutian`,
  NST: `
    America/Adak America/Atka America/Goose_Bay America/Nome America/St_Johns Canada/Newfoundland
    US/Aleutian`,
  NZST: `
    Antarctica/McMurdo Antarctica/South_Pole NZ Pacific/Auckland`,
  PDT: `
    Asia/Manila`,
  PST: `
    Asia/Manila`,
  PWT: `
    America/Dawson_Creek America/Ensenada America/Fort_Nelson America/Juneau America/Los_Angeles
    America/Metlakatla America/Santa_Isabel America/Sitka America/Tijuana America/Vancouver Canada/Pacific
    Mexico/BajaNorte PST8PDT US/Pacific`,
  SAST: `
    Africa/Johannesburg Africa/Maseru Africa/Mbabane Africa/Windhoek`,
  WAST: `
    Africa/Ndjamena`,
};

/** Zones whose abbreviations are letters, the ones that are much used: in others `+03` may be an abbreviation, and three hours east. */
const LETTERED = `
  US/Eastern US/Central US/Mountain US/Pacific America/New_York America/Chicago America/Denver
  America/Los_Angeles America/Phoenix America/Toronto America/Vancouver America/Mexico_City Europe/London
  Europe/Dublin Europe/Lisbon Europe/Madrid Europe/Paris Europe/Brussels Europe/Amsterdam Europe/Berlin
  Europe/Zurich Europe/Vienna Europe/Rome Europe/Prague Europe/Warsaw Europe/Budapest Europe/Copenhagen
  Europe/Oslo Europe/Stockholm Europe/Helsinki Europe/Athens Europe/Bucharest Europe/Sofia Europe/Kyiv
  Africa/Cairo Africa/Johannesburg Asia/Jerusalem Asia/Hong_Kong Asia/Shanghai Asia/Taipei Asia/Tokyo
  Asia/Seoul Asia/Manila Australia/Sydney Australia/Melbourne Australia/Brisbane Australia/Adelaide
  Australia/Perth Pacific/Auckland Pacific/Honolulu`;

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

const OFFSETS: ReadonlyMap<string, number> = new Map(
  Object.entries(BY_OFFSET).flatMap(([seconds, names]) =>
    words(names).map((name) => [name, Number(seconds)] as const),
  ),
);

const REDEFINING: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(REDEFINED).map(([name, zones]) => [name, new Set(words(zones))]),
);

const LETTERED_ZONES: ReadonlySet<string> = new Set(words(LETTERED));

/** Seconds east of Greenwich of an abbreviation in any case; undefined where it isn't one. */
export function abbreviationOffset(name: string): number | undefined {
  return OFFSETS.get(name.toUpperCase());
}

/** Whether the name may be an abbreviation that the zone gives a meaning of its own. @param zone as ICU names it. */
export function mayBeRedefined(name: string, zone: string): boolean {
  const upper = name.toUpperCase();
  if (/^[+-]\d+$/.test(upper)) return !LETTERED_ZONES.has(zone);
  return REDEFINING.get(upper)?.has(zone) === true;
}
