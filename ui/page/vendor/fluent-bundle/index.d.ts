// For the type checker alone: the types stay where the modules come from.
export * from "@fluent/bundle";
