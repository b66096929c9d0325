/** The demo's retailer: what its four stores sold, the same on every machine for the same seed. Pure. */

export interface Store {
  readonly storeid: number;
  readonly labels: Readonly<Record<'storeid' | 'region' | 'country' | 'city', string>>;
  readonly name: string;
  readonly opened: string;
  readonly squareMetres: number;
  readonly buyers: readonly string[];
  /** Cancelled invoices are numbered with a letter in front, as some tills do. */
  readonly letterForCancelled: boolean;
}

const store = (
  storeid: number,
  place: readonly [region: string, country: string, city: string],
  rest: Omit<Store, 'storeid' | 'labels'>,
): Store => ({
  storeid,
  labels: { storeid: String(storeid), region: place[0], country: place[1], city: place[2] },
  ...rest,
});

export const STORES: readonly Store[] = [
  store(1, ['EU', 'FR', 'Paris'], {
    name: 'Rivoli',
    opened: '2009-03-14',
    squareMetres: 412,
    buyers: ['France', 'Belgium', 'Switzerland', 'Spain'],
    letterForCancelled: false,
  }),
  store(2, ['NorthAmerica', 'CA', 'Toronto'], {
    name: 'Queen Street',
    opened: '2012-10-01',
    squareMetres: 530,
    buyers: ['Canada', 'United States', 'France'],
    letterForCancelled: true,
  }),
  store(3, ['EU', 'DE', 'Berlin'], {
    name: 'Kreuzberg',
    opened: '2011-06-20',
    squareMetres: 388,
    buyers: ['Germany', 'Austria', 'Poland', 'Österreich'],
    letterForCancelled: false,
  }),
  store(4, ['NorthAmerica', 'US', 'New York'], {
    name: 'Bleecker',
    opened: '2015-01-09',
    squareMetres: 275,
    buyers: ['United States', 'Canada', 'Japan'],
    letterForCancelled: true,
  }),
];

const PRODUCTS: readonly (readonly [code: string, description: string, cents: number])[] = [
  ['85123A', 'WHITE HANGING HEART T-LIGHT HOLDER', 255],
  ['71053', 'WHITE METAL LANTERN', 339],
  ['84406B', 'CREAM CUPID HEARTS COAT HANGER', 275],
  ['22752', 'SET 7 BABUSHKA NESTING BOXES', 765],
  ['21730', 'GLASS STAR FROSTED T-LIGHT HOLDER', 425],
  ['22633', 'HAND WARMER UNION JACK', 185],
  ['84879', 'ASSORTED COLOUR BIRD ORNAMENT, "LARGE"', 169],
  ['22745', "POPPY'S PLAYHOUSE BEDROOM", 210],
  ['22310', 'TASSE À CAFÉ, ÉMAILLÉE', 650],
  ['48187', 'DOORMAT "NEW ENGLAND"', 795],
  ['20725', 'LUNCH BAG RED RETROSPOT', 165],
  ['22386', 'JUMBO BAG PINK POLKADOT', 195],
  ['23084', 'RABBIT NIGHT LIGHT', 208],
  ['47566', 'PARTY BUNTING — 3 m', 495],
  ['21212', 'PACK OF 72 RETROSPOT CAKE CASES', 55],
  ['22197', 'POPCORN HOLDER, SMALL', 85],
  ['85099B', 'JUMBO BAG RED RETROSPOT', 208],
  ['22961', 'GLÜHWEIN MUG “MÜNCHEN”', 145],
  ['23298', 'SPOTTY BUNTING 🎉', 495],
  ['POST', 'POSTAGE', 1800],
];

const CATEGORIES = ['page', 'cart', 'checkout', 'support'] as const;
const STATUSES = ['ok', 'ok', 'ok', 'ok', 'pending', 'failed'] as const;

/** mulberry32: 32 bits of state are plenty for demo data. */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below);
  };
}

export const TRANSACTIONS_HEADER =
  'Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n';

const YEAR_START = Date.UTC(2024, 0, 1);
const MINUTES_OF_2024 = 366 * 24 * 60;

/** One line of `transactions.csv` for each call; about one in forty is a return, one in eight has no customer. */
export function transactionLines(of: Store): () => string {
  const random = randomNumbers(of.storeid * 7919);
  let invoice = 400_000 + of.storeid * 100_000;
  let left = 0;
  let returned = false;
  let number = '';
  let date = '';
  let afterPrice = '';
  return () => {
    if (left === 0) {
      left = 1 + random(12);
      invoice += 1;
      returned = random(40) === 0;
      number = `${returned && of.letterForCancelled ? 'C' : ''}${invoice}`;
      date = timestamp(YEAR_START + random(MINUTES_OF_2024) * 60_000);
      const customer = random(8) === 0 ? '' : String(12_000 + of.storeid * 1_000 + random(900));
      const country = of.buyers[Math.min(random(of.buyers.length), random(of.buyers.length))] ?? '';
      afterPrice = `${customer},${country}`;
    }
    left -= 1;
    const [code, description, cents] = PRODUCTS[random(PRODUCTS.length)] ?? ['', '', 0];
    const quantity = (1 + random(24)) * (returned ? -1 : 1);
    const price = Math.max(0, cents + random(41) - 20);
    const text = random(200) === 0 ? '' : description;
    return `${number},${code},${csv(text)},${quantity},${date},${decimal(price)},${afterPrice}\n`;
  };
}

/** One line of `events/2024-MM.jsonl` for each call. `month` is 1 to 12. */
export function eventLines(of: Store, month: number): () => string {
  const random = randomNumbers(of.storeid * 104_729 + month);
  const start = Date.UTC(2024, month - 1, 1);
  const minutes = Math.floor((Date.UTC(2024, month, 1) - start) / 60_000);
  let id = of.storeid * 100_000_000 + month * 1_000_000;
  return () => {
    id += 1;
    const customer = random(5) === 0 ? 'null' : String(12_000 + of.storeid * 1_000 + random(900));
    const [code] = PRODUCTS[random(PRODUCTS.length)] ?? [''];
    const category = CATEGORIES[random(CATEGORIES.length)] ?? '';
    const amount = category === 'checkout' ? decimal(random(500_000)) : 'null';
    const status = STATUSES[random(STATUSES.length)] ?? '';
    const at = timestamp(start + random(minutes) * 60_000 + random(60_000));
    const context = `{"device":"${random(3) === 0 ? 'phone' : 'desktop'}","pages":${1 + random(20)}}`;
    return (
      `{"event_id":${id},"at":"${at}","customer_id":${customer},"product":"${code}","category":"${category}",` +
      `"amount":${amount},"status":"${status}","context":${context}}\n`
    );
  };
}

function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('T', ' ').replace('.000Z', '').replace('Z', '');
}

function decimal(cents: number): string {
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
}

function csv(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
