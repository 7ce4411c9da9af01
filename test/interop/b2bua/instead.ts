/** The same object, some of whose methods are others. */
export function instead<Subject extends object>(
  subject: Subject,
  others: Partial<Subject>,
): Subject {
  return new Proxy(subject, {
    get: (target, key) => {
      if (key in others) return others[key as keyof Subject];
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
