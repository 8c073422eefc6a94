/** `xe0.100`: sub-interface 100 of xe0. */
const SUB_INTERFACE = /^(?<parent>.+)\.(?<number>0|[1-9][0-9]{0,9})$/;

export interface SubInterfaceName {
  readonly parent: string;
  /** VPP's sub_id; the VLAN unless another is given. */
  readonly number: number;
}

/** Splits the name of a sub-interface; undefined when it is none. */
export function subInterfaceName(name: string): SubInterfaceName | undefined {
  const { parent, number } = SUB_INTERFACE.exec(name)?.groups ?? {};
  return parent === undefined ? undefined : { parent, number: Number(number) };
}
