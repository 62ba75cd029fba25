/** How messages name the properties of components, in the words of whoever reads them. */
export interface PropertyNames {
  /**
   * A property, as messages begin with it: `replicas`.
   * @param topology where the property belongs to one topology alone: `persistent`
   */
  name: (property: string, topology?: string) => string;
  /** How a property is set, as a person does it: `` `replicas: 4` in the program ``. */
  set: (property: string, value: string | number | boolean) => string;
  /** The way to a ring beside one that cannot be as it was asked for. */
  anotherRing: (topology: string) => string;
  /** What follows the names that are allowed for a ring which was to be renamed. @default nothing */
  hintWhenRenamed?: string;
}

/** For programs that make components themselves: they read their own properties. */
const ofPrograms: PropertyNames = {
  name: (property) => property,
  set: (property, value) => `\`${property}: ${value}\` in the program`,
  anotherRing: () => "another ring (a second component beside this one)",
  hintWhenRenamed: ", and a second component beside this one makes another ring",
};

let names = ofPrograms;

/**
 * Has messages name properties in other words from now on. The stack program does so before it makes anything, since its users know config keys:
 * `cassandra:replicas`. Hooks run in the process of their program, so that one choice holds for all of its messages.
 * @param given undefined goes back to the properties' own names
 */
export function usePropertyNames(given: PropertyNames = ofPrograms): void {
  names = given;
}

/** A property as messages name it: `replicas`, or `cassandra:replicas` for who edits the stack's config. */
export function propertyName(property: string, topology?: string): string {
  return names.name(property, topology);
}

/** The same of a property that is given with its topology in front, where it belongs to one alone: `persistent.adopt`. */
export function qualifiedPropertyName(qualified: string): string {
  const [, topology, property] = /^(\w+)\.(.*)$/.exec(qualified) ?? [];
  return property === undefined ? propertyName(qualified) : propertyName(property, topology);
}

/** How to set a property, for messages that tell what to do. */
export function settingOf(property: string, value: string | number | boolean): string {
  return names.set(property, value);
}

/** The way to another ring, for messages that tell what is allowed instead. */
export function anotherRing(topology: string): string {
  return names.anotherRing(topology);
}

/** What is said of a ring that was to be renamed, behind the name that is allowed. */
export function hintWhenRenamed(): string {
  return names.hintWhenRenamed ?? "";
}
