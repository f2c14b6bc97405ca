const microsPerMs = 1_000;

/** CPU time that this process spends on `work`, in milliseconds. Unlike the clock on the wall it does not grow when others use the machine. */
export async function cpuMsOf(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / microsPerMs;
}
