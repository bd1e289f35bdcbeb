/// How fast a machine can go: what operations are measured against.
public struct MachineLimits: Sendable, Hashable, Codable {
    /// Of matrix products by BLAS, in 10^9 a second: a multiply-add is two operations.
    public let gigaflops: Double
    /// Of a copy between memory and memory, read and written, in 10^9 bytes a second.
    public let gigabytes: Double
    /// What matrix products came to in the middle of the measurements.
    public let usualGigaflops: Double

    public init(gigaflops: Double, gigabytes: Double, usualGigaflops: Double? = nil) {
        self.gigaflops = gigaflops
        self.gigabytes = gigabytes
        self.usualGigaflops = usualGigaflops ?? gigaflops
    }

    /// The best that was measured: a limit is what the machine can do when it does nothing else.
    init(gigaflops: [Double], gigabytes: [Double]) {
        self.init(
            gigaflops: gigaflops.max() ?? 0, gigabytes: gigabytes.max() ?? 0,
            usualGigaflops: gigaflops.median)
    }

    /// Whether the machine did other work while it was measured.
    public var isDisturbed: Bool { usualGigaflops < 0.85 * gigaflops }

    /// The least time that so many multiply-adds take.
    func seconds(multiplyAdds: Int) -> Double { 2 * Double(multiplyAdds) / (gigaflops * 1e9) }

    /// The least time that so many bytes take, where no cache holds them.
    func seconds(bytes: Int) -> Double { Double(bytes) / (gigabytes * 1e9) }
}
