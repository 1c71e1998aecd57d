import type { PathInfo } from "../base/path.ts";

/**
 * Of all paths that came up between two hosts those that are worth measuring: over each interface one, to another
 * address of the server where there is one; then one to each address of the server that none leads to. Two
 * families over one interface are one way.
 *
 * @param paths The paths, the first one foremost.
 * @param interfaceOf The interface of a path's address on this side.
 */
export function spreadPaths(
  paths: readonly PathInfo[],
  interfaceOf: (path: PathInfo) => string,
): readonly PathInfo[] {
  const [first] = paths;
  if (first === undefined) return [];
  const chosen = [first];
  const interfaces = new Set([interfaceOf(first)]);
  const remotes = new Set([first.remote.address]);
  const family = first.remote.ip?.family;
  const sameFamily = ({ remote }: PathInfo): boolean => remote.ip?.family === family;
  const others = paths.slice(1);
  const preferred = [...others.filter(sameFamily), ...others.filter((path) => !sameFamily(path))];
  const take = (fits: (path: PathInfo) => boolean): void => {
    for (const path of preferred) {
      if (chosen.includes(path) || !fits(path)) continue;
      chosen.push(path);
      interfaces.add(interfaceOf(path));
      remotes.add(path.remote.address);
    }
  };
  const elsewhere = (path: PathInfo): boolean => !remotes.has(path.remote.address);
  const onNewInterface = (path: PathInfo): boolean => !interfaces.has(interfaceOf(path));
  take((path) => sameFamily(path) && onNewInterface(path) && elsewhere(path));
  take(onNewInterface);
  take((path) => sameFamily(path) && elsewhere(path));
  return chosen;
}
