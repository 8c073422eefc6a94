/**
 * RTM_NEWLINK messages as Linux 6.1.0 (Debian's 6.1.0-57-amd64) sent them: `ip link add red type vrf table 100`, a veth
 * `xe9`, and `ip link set xe9 master red`. Whole messages with their headers, deflated, in base64: the kernels of test
 * machines have no VRF devices.
 */
import { inflateSync } from 'node:zlib';

const recorded = (text: string): Buffer => inflateSync(Buffer.from(text, 'base64'));

/** The VRF device `red`, index 2, table 100, up. */
export const VRF_DEVICE = recorded(
  'eNqbwMrAIMCADBgZmIDkQRZGIIuBgYOBmaEoNQVI8zK8YGZgYAWqZmMA0YJg1RwMLAzqQJUcDEYgQSBtDOVLQ+XloLQtlJaHmqvB' +
    '8P8/iNYE28nBYAWlraG0DVReAayelUERTPMAbc/LLyxNLU0FyilDzdSH0gZgmhXoAhBQYeBjIAS4gKa6MS3wn3MPxGYC2gkCDAxn' +
    'GMQZhgtIYWCnuR08DNrAcGcCsyUYhIBxwchQVpQGFGcCs1NA8cEsxdAD5HeAYxI5xaFiBiSaUiAATAqgdIsOQOZPYeICuw0ERICu' +
    'B8X7dy4GhifrIHo+QP3jAMSgNI3uTlBKWcCPML/BipOhIZCRAcSNYELkK2Q9Ca9wuxWS8lDdzYjmZgY84dPwzgyvPBiwwOyC2Ies' +
    'ToeRmUGVYRQQA2yA5RC5uUoEi05WYEoEAQARnzvO',
);

/** `xe9`, index 4, in no VRF. */
export const FREE_LINK = recorded(
  'eNqbwMrAIMCADBgZWIAkE1DwPxBwMDAzVKRaMnAw8DK8YGZgYAWqZmIA0YJg1RxA1XdYQbQRgwuYbwzUB6KlofJyUNoWSsuD9XMw' +
    'aEDVaYLt5GCwgtLWDD/+swNpG6i8AtQ+RbB+TgY2hrz8/AKIWcpAHSBaH2q2AZjPyqAO5qsw8DEQAlxAHe9KxG0lKkBsJrCfQfae' +
    'YRBnGC4ghYGd5nbwMGgDw50JzBZgEALGEyNDWWpJBiReWIGpCBgfzFIMPUA1HeBYQk5xqJgBiaYUCACTAijdogOQ+VOYuIBug9gk' +
    'AnQjKN5VuBkYVhRC9HyA+scBiEFpHN2doJSygB9hfoMVJ0NDICPYrxFMiHyFrCfhFW63MmJxNyMOeWzh0/DODK88GLBAKJBfQe5H' +
    'VqfDyMygyjAKiAE2wHKI3FwlgkUnKzAlggAAGC09cg==',
);

/** `xe9`, index 4, in `red`. */
export const ENSLAVED_LINK = recorded(
  'eNpbw8rAIMCADBgZWIAkE1SQg4GZoSLVEkjzMrxgZmBgBapmYgDRglB5FoY7rCDaiMEFzDdm+P8fREtD5eWgtC2Ulgfr52DQgKrT' +
    'BNvJwWAFpa0ZfvxnB9I2UHkFqHouqL2KYHM4GdgY8vLzCyBmKgN1gmh9qB0GYD4rgzqYr8LAx0AIcAF1vCsRt5WoYADb9B8MGBjO' +
    'MIgzDBeQwsBOczt4GLSB4c4EDXchYDwxMpSllmTA0kpZURpQDSuQzQh0D0iMFZjCgGqZpRh6gPo6wDGHnBpRMQMSTSkQACYPUJpG' +
    'ByDzpzBxgd0IAiJAN4LSggo3A8OKQoieD1A/OgAxKP2juxOUehbwI8xvsOJkaAhkBPs1ggmR55D1JLzC7VZGLO5mxCGPLXwa3pnh' +
    'lQcDFggF8ivI/cjqdBiZGVQZRgExwAZYNpGb00Sw6ATlFhAAAFqFO5I=',
);
