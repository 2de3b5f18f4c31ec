const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A text as HTML, also between double quotes of an attribute. */
export function escapedHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}
