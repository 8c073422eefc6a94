import { describe, expect, test } from 'vitest';
import { parseExposition, scrape } from '../../test/fixtures/exposition.ts';
import { formatFor, toOpenMetrics } from './exposition.ts';

describe('the format', () => {
  test.each([
    [undefined, 'text'],
    ['', 'text'],
    ['*/*', 'text'],
    ['text/html,application/xhtml+xml', 'text'],
    ['application/openmetrics-text', 'openmetrics'],
    ['application/openmetrics-text; version=1.0.0; charset=utf-8', 'openmetrics'],
    ['application/openmetrics-text;version=2.0.0', 'text'],
    ['application/openmetrics-text;q=0.2, text/plain;q=0.5', 'text'],
    ['text/plain;version=0.0.4;q=0.5, application/openmetrics-text;q=0.9', 'openmetrics'],
    ['application/openmetrics-text;q=nonsense', 'text'],
    // as Prometheus 2.42 asks
    [
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
      'openmetrics',
    ],
  ])('for Accept: %s is %s', (accept, format) => {
    expect(formatFor(accept)).toBe(format);
  });
});

describe('OpenMetrics', () => {
  test("turns prom-client's text: heads of counters, beginnings, no empty lines", () => {
    const text =
      '# HELP a_total A count\n# TYPE a_total counter\na_total{x="1 } 2"} 5\na_total{x="b"} 6\n\n# HELP b B\n# TYPE b gauge\nb 1\n';
    expect(toOpenMetrics(text, 17)).toBe(
      '# HELP a A count\n# TYPE a counter\na_total{x="1 } 2"} 5\na_created{x="1 } 2"} 17\na_total{x="b"} 6\na_created{x="b"} 17\n# HELP b B\n# TYPE b gauge\nb 1\n',
    );
  });

  test('has the same samples as the text, and its own end', async () => {
    const [text, openmetrics] = await Promise.all([scrape(), scrape({ format: 'openmetrics' })]);
    expect(openmetrics.endsWith('\n# EOF\n')).toBe(true);
    expect(openmetrics).not.toContain('\n\n');
    expect(openmetrics).not.toMatch(/^# TYPE [^ ]+_total /m);
    const names = (exposition: string) =>
      exposition
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#') && !line.includes('_created'))
        .map((line) => line.slice(0, line.lastIndexOf(' ')));
    expect(names(openmetrics)).toEqual(names(text));
    expect(text).not.toContain('_created');
    expect(openmetrics).toMatch(/^appliance_vpp_restarts_created \d+$/m);
    expect(parseExposition(text).size).toBeGreaterThan(60);
  });
});
