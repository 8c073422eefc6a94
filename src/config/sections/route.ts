/** [route]: its keys are values, which routes.ts reads; the row is for the reference page and the default INI. */
import { leaf, section } from '../leaf.ts';
import { parsed } from '../leaf-types.ts';

export const route = section('route', {
  sentence: 'Static routes, one per line.',
  leaves: {
    routes: leaf(
      'PREFIX',
      parsed('next hops', (text) => ({ value: text }), String),
      {
        keys: { example: '198.51.100.0/24' },
        absent: 'no static route',
        sentence: 'A static route: the key is a prefix or `mpls LABEL`, the value is where its packets go',
        example: '192.0.2.1',
        fails: ['routes', 'the FIB that forwards does not have it, or not over all next hops'],
      },
    ),
  },
});
