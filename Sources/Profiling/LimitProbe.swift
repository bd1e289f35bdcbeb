import Glibc
import Tensors

/// Measures a machine's limits on the threads that training uses.
final class LimitProbe {
    /// Rows, columns and depth of the product that a tile makes: large enough that packing does
    /// not count, and a fraction of a second for all.
    private static let size = (rows: 256, columns: 1024, depth: 1024)
    private static let tilesPerThread = 4
    /// Floats that a tile copies, as tiles of memory-bound operations do.
    private static let grain = 32_768

    private let pool: ThreadPool
    private let left: FloatBuffer
    private let right: FloatBuffer
    private let products: FloatBuffer
    private let source: FloatBuffer
    private let target: FloatBuffer

    init(_ pool: ThreadPool) {
        self.pool = pool
        let size = Self.size
        left = FloatBuffer(count: size.rows * size.depth)
        right = FloatBuffer(count: size.depth * size.columns)
        products = FloatBuffer(
            count: pool.threads * Self.tilesPerThread * size.rows * size.columns)
        let random = CounterRandom(seed: 1)
        random.fillUniform(left.floats, offset: -1, scale: 2)
        random.fillUniform(right.floats, offset: -1, scale: 2)
        let floats = Self.copiedBytes / MemoryLayout<Float>.stride
        source = FloatBuffer(count: floats)
        target = FloatBuffer(count: floats)
    }

    /// Twice the last cache, so that source and target together are four times as large; but no
    /// more than a 64th of the memory, for a virtual machine may be told of caches that are not
    /// all its own. 64 MiB where the system does not tell.
    private static var copiedBytes: Int {
        let cache = sysconf(Int32(_SC_LEVEL3_CACHE_SIZE))
        let memory = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        return max(min(2 * cache, memory / 64), 64 << 20)
    }

    /// Operations a second of matrix products, every thread at its own.
    func gigaflops() -> Double {
        let size = Self.size
        let tiles = pool.threads * Self.tilesPerThread
        let time = ContinuousClock().measure {
            pool.run(tiles: tiles) { tile, _ in
                BLAS.gemm(
                    m: size.rows, n: size.columns, k: size.depth, a: left.base, lda: size.depth,
                    b: right.base, ldb: size.columns,
                    c: products.base + tile * size.rows * size.columns, ldc: size.columns)
            }
        }
        return 2 * Double(tiles * size.rows * size.columns * size.depth) / (time / .seconds(1))
            / 1e9
    }

    /// Bytes a second that a copy reads and writes.
    func gigabytes() -> Double {
        let count = source.count
        let time = ContinuousClock().measure {
            pool.run(tiles: (count + Self.grain - 1) / Self.grain) { tile, _ in
                let first = tile * Self.grain
                (target.base + first).update(
                    from: source.base + first, count: min(Self.grain, count - first))
            }
        }
        return 2 * Double(source.bytes.count) / (time / .seconds(1)) / 1e9
    }
}
