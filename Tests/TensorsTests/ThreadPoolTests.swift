import Synchronization
import Tensors
import Testing

@Suite("thread pool")
struct ThreadPoolTests {
    @Test("every tile runs once, in thousands of runs", arguments: [1, 2, 3, 4])
    func everyTile(threads: Int) throws {
        let pool = try ThreadPool(threads: threads)
        let counts = FloatBuffer(count: 100)
        for run in 1...3000 {
            let tiles = run % 101
            pool.run(tiles: tiles) { tile, thread in
                #expect((0..<threads).contains(thread))
                counts.base[tile] += 1
            }
        }
        // Tile t is part of the runs whose count of tiles, run % 101, is above t.
        let wanted = (0..<100).map { tile in
            Float((1...3000).count { $0 % 101 > tile })
        }
        #expect(counts.array == wanted)
    }

    @Test("two tiles run at the same time where there are two threads")
    func together() throws {
        let pool = try ThreadPool(threads: 2)
        let arrived = Atomic<Int>(0)
        // Each waits for the other: with one thread this would not end.
        pool.run(tiles: 2) { _, _ in
            arrived.add(1, ordering: .sequentiallyConsistent)
            while arrived.load(ordering: .sequentiallyConsistent) < 2 {}
        }
        #expect(arrived.load(ordering: .relaxed) == 2)
    }

    @Test("any number of threads gives the same bits", arguments: [1, 2, 4])
    func sameBits(threads: Int) throws {
        let pool = try ThreadPool(threads: threads)
        let (m, n, k, tile) = (96, 40, 50, 16)
        let (a, b) = (FloatBuffer(noise(m * k, 1)), FloatBuffer(noise(k * n, 2)))
        let c = FloatBuffer(count: m * n)
        for _ in 0..<20 {
            pool.run(tiles: m / tile) { t, _ in
                BLAS.gemm(
                    m: tile, n: n, k: k, a: a.base + t * tile * k, lda: k, b: b.base, ldb: n,
                    c: c.base + t * tile * n, ldc: n)
            }
        }
        let alone = FloatBuffer(count: m * n)
        for t in 0..<(m / tile) {
            BLAS.gemm(
                m: tile, n: n, k: k, a: a.base + t * tile * k, lda: k, b: b.base, ldb: n,
                c: alone.base + t * tile * n, ldc: n)
        }
        #expect(c.array == alone.array)
    }

    @Test("pools come and go, used or not")
    func lifetime() throws {
        for i in 0..<50 {
            let pool = try ThreadPool(threads: 1 + i % 4)
            let sum = Atomic<Int>(0)
            if i % 3 > 0 {
                pool.run(tiles: 10) { tile, _ in sum.add(tile, ordering: .relaxed) }
                #expect(sum.load(ordering: .relaxed) == 45)
            }
        }
    }
}
