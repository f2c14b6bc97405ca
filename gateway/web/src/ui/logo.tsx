/** The mark of the product. */
export function Logo({ size = 24 }: { readonly size?: number }) {
  return (
    <svg className="logo" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <path fill="var(--accent)" d="M8 3h16a6 6 0 0 1 6 6v10a6 6 0 0 1-6 6h-8.500l-6.200 4.700A.8.8 0 0 1 8 29.100V25a6 6 0 0 1-6-6V9a6 6 0 0 1 6-6Z" />
      <path fill="none" stroke="#fff" strokeWidth="2.600" strokeLinecap="round" d="M9.500 11.500h13M9.500 17h8" />
    </svg>
  );
}
