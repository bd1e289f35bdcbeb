import AllocationCounter
import Configuration
import Models
import Networks
import Optimizers
import Synchronization
import Tensors
import Testing

@Suite("Memory of a steady step")
struct AllocationTests {
    private static let threads = 2
    #if DEBUG
        private static let isOptimized = false
    #else
        private static let isOptimized = true
    #endif

    /// What all threads of a pool have allocated so far. Each waits for the others, so that each
    /// takes one tile.
    private func allocations(_ pool: ThreadPool) -> UInt {
        let sum = Atomic<UInt>(0)
        let arrived = Atomic<Int>(0)
        pool.run(tiles: Self.threads) { _, _ in
            sum.add(allocations_of_this_thread(), ordering: .relaxed)
            arrived.add(1, ordering: .relaxed)
            while arrived.load(ordering: .relaxed) < Self.threads {}
        }
        return sum.load(ordering: .relaxed)
    }

    @Test("counts what a thread asks for")
    func counts() throws {
        let pool = try ThreadPool(threads: Self.threads)
        let before = allocations(pool)
        let boxes = FloatBuffer(count: 1000)
        pool.run(tiles: 8) { tile, _ in
            withExtendedLifetime([Float](repeating: 0, count: 1000 + tile)) {}
        }
        #expect(allocations(pool) >= before + 9)
        #expect(boxes.count == 1000)
    }

    @Test("is not taken for tiles, whatever their closure captures")
    func tiles() throws {
        let pool = try ThreadPool(threads: Self.threads)
        let sums = FloatBuffer(count: 64)
        var calls = 0
        // The first count makes what the runtime makes once.
        _ = allocations(pool)
        let before = allocations(pool)
        for round in 0..<10 {
            pool.run(tiles: 64) { tile, _ in sums.base[tile] += Float(round) }
            calls += 1
        }
        let after = allocations(pool)
        #expect(after == before)
        #expect(calls == 10 && (0..<64).allSatisfy { sums.base[$0] == 45 })
    }

    @Test(
        "is taken before it: a pass and an update allocate nothing",
        .enabled(
            if: isOptimized,
            "unoptimised code allocates; Tests/Allocations and swift test -c release count"),
        arguments: Example.allCases)
    func steady(example: Example) throws {
        let configuration = try example.configuration("train.clip_norm=1")
        let network = try Network(configuration)
        let tree = network.parameters
        let pool = try ThreadPool(threads: Self.threads)
        let executor = Executor(network, clips: 3, mode: .training, pool: pool)
        let optimizer = Optimizer(configuration.train, for: tree)
        let parameters = ParameterStorage(tree)
        tree.initialise(parameters, seed: 1)
        let gradient = FloatBuffer(count: tree.gradientExtent)
        let statistics = FloatBuffer(count: tree.batchStatisticsExtent)
        func step(_ number: Int) {
            CounterRandom(seed: UInt64(number)).fillUniform(executor.clips, offset: -2, scale: 4)
            _ = executor.train(
                parameters: parameters, gradient: gradient, statistics: statistics)
            optimizer.apply(
                gradient, clips: 3, update: number, rate: 0.01, to: parameters, pool: pool)
            RunningStatistics.update(parameters, from: statistics, clips: 3)
        }
        for number in 0..<2 { step(number) }
        _ = allocations(pool)
        let before = allocations(pool)
        for number in 2..<5 { step(number) }
        let after = allocations(pool)
        #expect(after == before)
    }
}
