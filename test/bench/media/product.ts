/** A module of the product as it was built, by its path below dist/. */
export function product<Module>(path: string): Module {
  return require(`${process.env.TWINTRACK_PRODUCT}/${path}`) as Module;
}
