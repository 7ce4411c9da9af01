import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { parseXml } from '../../../src/siprec/metadata/xml';
import {
  element,
  escaped,
  foreign,
  leaf,
  type Markup,
  xmlDocument,
} from '../../../src/siprec/metadata/xml-write';

/** What XML 1.0 §2.2 has a place for. */
function sayable(text: string): string {
  return [...text]
    .filter((character) => {
      const code = character.codePointAt(0)!;
      if (code < 0x20) return '\t\n\r'.includes(character);
      return !(code >= 0xd800 && code <= 0xdfff) && code !== 0xfffe && code !== 0xffff;
    })
    .join('');
}

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ unit: fc.constantFrom(...'&<>"\'\t\r\n ];\u0000\ud800\ufffeé😀a'), maxLength: 30 }),
);

function root(document: string) {
  const parsed = parseXml(document);
  if (parsed.kind !== 'document') throw new Error(parsed.problem);
  return parsed.root;
}

/** What a parser of others reads: the value of an attribute and the content, by xmllint. */
function read(document: string, xpath: string): string {
  const command = ['--nonet', '--noent', '--xpath', `string(${xpath})`, '-'];
  return execFileSync('xmllint', command, { input: document, encoding: 'utf8' });
}

test('any text in content and attributes is read again as it was, but for what XML cannot hold', () => {
  const documents: Markup[] = [];
  fc.assert(
    fc.property(anyText, anyText, (value, text) => {
      const markup = element('x', { value }, leaf('y', text));
      const x = root(xmlDocument(markup));
      expect(Object.fromEntries(x.attributes).value).toBe(sayable(value));
      expect(x.children[0]?.text).toBe(sayable(text).trim());
      documents.push(markup);
    }),
    { numRuns: 500 },
  );
  const all = xmlDocument(element('all', {}, ...documents));
  expect(Number(read(all, 'count(//x)'))).toBe(documents.length);
});

test('another parser reads white space and quotes as they were written', () => {
  const text = ' "a"\t\'b\'\r\n<&>\n';
  const document = xmlDocument(element('x', { value: text }, leaf('y', text)));
  // xmllint ends its output with a line feed of its own.
  expect(read(document, '/x/@value')).toBe(`${text}\n`);
  expect(read(document, '/x/y')).toBe(`${text}\n`);
});

test('what needs no escape is left as it is', () => {
  expect(escaped("sip:o'neil@[2001:db8::1];a=b?c")).toBe("sip:o'neil@[2001:db8::1];a=b?c");
  expect(escaped('Olena Коваль')).toBe('Olena Коваль');
});

test('attributes and elements without a value are left out, and empty elements are closed', () => {
  expect(element('x', { a: undefined, b: '' }, leaf('y', undefined), leaf('z', ''))).toBe(
    '<x b=""><z/></x>',
  );
});

test('an element of another namespace names it once', () => {
  const at = (namespace: string, children: Parameters<typeof foreign>[0]['children']) => ({
    name: 'n',
    namespace,
    attributes: [],
    children,
    text: '',
  });
  expect(foreign(at('urn:a', [at('urn:a', [at('urn:b', [])]), at('', [])]), 'urn:x')).toBe(
    '<n xmlns="urn:a"><n><n xmlns="urn:b"/></n><n xmlns=""/></n>',
  );
});
