import { describe, expect, it } from 'vitest';
import { timeZone } from './time-zone.ts';

const seconds = (iso: string) => Date.parse(iso) / 1000;

describe('timeZone', () => {
  it.each([
    ['UTC', '2024-07-01T00:00:00Z', 0],
    ['Europe/Paris', '2024-01-01T00:00:00Z', 3600],
    ['europe/paris', '2024-07-01T00:00:00Z', 7200],
    ['America/New_York', '1800-01-01T00:00:00Z', -17_762],
    ['Asia/Kathmandu', '2024-01-01T00:00:00Z', 20_700],
    ['GMT-3', '2024-01-01T00:00:00Z', 10_800],
    ['<-08>+08', '2024-01-01T00:00:00Z', -28_800],
    ['<+0530>-5:30', '2024-01-01T00:00:00Z', 19_800],
    ['Etc/GMT+5', '2024-01-01T00:00:00Z', -18_000],
  ])('%s at %s', (name, instant, offset) => {
    expect(timeZone(name).offsetAt(seconds(instant))).toBe(offset);
  });

  it('finds a transition to the second', () => {
    const zone = timeZone('Europe/Berlin');
    const change = seconds('2024-03-31T01:00:00Z');
    expect([change - 1, change].map((at) => zone.offsetAt(at))).toEqual([3600, 7200]);
    const back = seconds('2024-10-27T01:00:00Z');
    expect([back, back - 1].map((at) => zone.offsetAt(at))).toEqual([3600, 7200]);
  });

  it('knows the rules beyond the last Date', () => {
    const summer = seconds('2024-07-01T00:00:00Z') + 146_097 * 86_400 * 730;
    expect(timeZone('Europe/Berlin').offsetAt(summer)).toBe(7200);
  });

  it('refuses what it does not know', () => {
    expect(() => timeZone('Mars/Olympus')).toThrow('the time zone "Mars/Olympus" is not supported');
  });
});
