import COpenBLAS

/// Matrix products by OpenBLAS, single-threaded on the calling thread: `ThreadPool` cuts the work
/// into tiles, so that a result never depends on how many threads a library chooses to use.
public enum BLAS {
    /// Runs once, before the first product.
    private static let singleThreaded: Void = openblas_set_num_threads(1)

    /// c = alpha op(a) op(b) + beta c, all row-major.
    ///
    /// op(a) is (m, k), op(b) (k, n), c (m, n). `lda`, `ldb` and `ldc` are the floats between rows
    /// as stored: at least k for a, or m if `transposeA`, and so on. With beta 0, c need not be
    /// initialised.
    @inlinable
    public static func gemm(
        transposeA: Bool = false, transposeB: Bool = false, m: Int, n: Int, k: Int,
        alpha: Float = 1, a: UnsafePointer<Float>, lda: Int, b: UnsafePointer<Float>, ldb: Int,
        beta: Float = 0, c: UnsafeMutablePointer<Float>, ldc: Int
    ) {
        if m == 0 || n == 0 { return }
        product(
            transposeA, transposeB, Int32(m), Int32(n), Int32(k), alpha, a, Int32(lda), b,
            Int32(ldb), beta, c, Int32(ldc))
    }

    @usableFromInline
    static func product(
        _ transposeA: Bool, _ transposeB: Bool, _ m: Int32, _ n: Int32, _ k: Int32,
        _ alpha: Float, _ a: UnsafePointer<Float>, _ lda: Int32, _ b: UnsafePointer<Float>,
        _ ldb: Int32, _ beta: Float, _ c: UnsafeMutablePointer<Float>, _ ldc: Int32
    ) {
        _ = singleThreaded
        cblas_sgemm(
            CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans,
            transposeB ? CblasTrans : CblasNoTrans, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
    }

    /// What OpenBLAS says of itself: version and build options.
    public static var configuration: String {
        // A static string of the library's.
        openblas_get_config().map { String(cString: $0) } ?? "unknown"
    }

    /// The processor core that OpenBLAS's kernels were chosen for, as `Zen` or `SkylakeX`.
    public static var coreName: String {
        openblas_get_corename().map { String(cString: $0) } ?? "unknown"
    }
}
