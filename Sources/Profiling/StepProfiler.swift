public import Configuration
import Models
public import Networks
import Optimizers
import Tensors

/// Makes training steps of a configuration's network on random clips, and times their operations.
///
/// A step is that of a worker with one slot: the slot's forward and backward pass, then the update.
/// Speed does not depend on what is in the clips. The update's rate is zero: it works as ever, and
/// every step finds the same weights.
///
/// It belongs to one thread, which also runs its pool.
public final class StepProfiler {
    /// Several short ones find the machine undisturbed more often than a long one.
    private static let probesPerStep = 3

    private let configuration: RunConfiguration
    private let network: Network
    private let pool: ThreadPool
    private let executor: Executor
    private let optimizer: Optimizer
    private let parameters: ParameterStorage
    private let gradient: FloatBuffer
    private let statistics: FloatBuffer
    /// Random pixels, for a pass may reuse the memory of its input.
    private let pixels: FloatBuffer
    private let timeline: PassTimeline
    /// What another slot would have added to, and the last digest of a block.
    private let slotSum: FloatBuffer
    private var digest: Digest128?
    /// As many as a worker hashes at once.
    private static let hashedFloats = 16_384

    public init(_ configuration: RunConfiguration, threads: Int) throws(ProfilingError) {
        self.configuration = configuration
        do { try KernelVariant.validateEnvironment() } catch { throw .kernels(error) }
        do { network = try Network(configuration) } catch { throw .model(error) }
        do { pool = try ThreadPool(threads: threads) } catch { throw .threads(error) }
        let train = configuration.train
        let clips = (train.batch + train.slots - 1) / train.slots
        let plan = Plan(
            network, clips: clips, mode: .training, labelSmoothing: train.labelSmoothing)
        executor = Executor(plan: plan, pool: pool)
        timeline = PassTimeline(plan: plan)
        let tree = network.parameters
        optimizer = Optimizer(train, for: tree)
        parameters = ParameterStorage(tree)
        tree.initialise(parameters, seed: configuration.seed)
        gradient = FloatBuffer(count: tree.gradientExtent)
        statistics = FloatBuffer(count: tree.batchStatisticsExtent)
        pixels = FloatBuffer(count: executor.clips.count)
        slotSum = FloatBuffer(count: tree.gradientExtent)
        drawClips()
    }

    /// Pixels as normalised ones, labels and keys of draws.
    private func drawClips() {
        let seed = configuration.seed
        CounterRandom(seed: seed, stream: 0).fillUniform(pixels.floats, offset: -2, scale: 4.4)
        let labels = CounterRandom(seed: seed, stream: 1)
        let keys = CounterRandom(seed: seed, stream: 2)
        for clip in 0..<executor.plan.clips {
            executor.labels[clip] = Int64(
                labels.integer(below: executor.plan.classes, at: UInt64(clip)))
            executor.keys[clip] = keys.bits(at: UInt64(clip))
        }
    }

    /// What the operations of a pass are and have to do, in their order.
    public var costs: [OperationCost] { executor.plan.costs }

    /// Makes `warmups` steps, then `steps` timed ones, and the machine's limits with each.
    ///
    /// - Parameter finished: called after each step with the number of those made.
    /// - Returns: the profile, and the times of the last step.
    public func profile(
        steps: Int, warmups: Int = 2, finished: (Int) -> Void = { _ in }
    ) -> (profile: StepProfile, last: StepTimes) {
        precondition(steps > 0 && warmups >= 0, "a profile needs a step")
        let probe = LimitProbe(pool)
        var gigaflops: [Double] = []
        var gigabytes: [Double] = []
        var times: [StepTimes] = []
        var besides: [[KernelUse]] = []
        for number in 0..<warmups + steps {
            for _ in 0..<Self.probesPerStep {
                gigaflops.append(probe.gigaflops())
                gigabytes.append(probe.gigabytes())
            }
            let step = step()
            finished(number + 1)
            if number >= warmups {
                times.append(step)
                besides.append(exchange())
            }
        }
        let plan = executor.plan
        let profile = StepProfile(
            StepProfile.Setting(
                name: configuration.name, clips: plan.clips, threads: pool.threads,
                kernels: KernelVariant.current.rawValue, blas: BLAS.coreName,
                arenaBytes: plan.arenaBytes),
            costs: plan.costs, updateBytes: updateBytes, times: times,
            limits: MachineLimits(gigaflops: gigaflops, gigabytes: gigabytes),
            beside: KernelUse.medians(besides))
        return (profile, times[times.count - 1])
    }

    private func step() -> StepTimes {
        _ = executor.clips.update(from: pixels.floats)
        _ = executor.train(
            parameters: parameters, gradient: gradient, statistics: statistics,
            timeline: timeline)
        let clips = executor.plan.clips
        let start = ContinuousClock.now
        optimizer.apply(gradient, clips: clips, update: 0, rate: 0, to: parameters, pool: pool)
        RunningStatistics.update(parameters, from: statistics, clips: clips)
        return StepTimes(timeline, update: start..<ContinuousClock.now)
    }

    /// What a worker does once for each slot and each step with vectors as long as the gradient.
    private func exchange() -> [KernelUse] {
        let count = gradient.count
        let bytes = count * MemoryLayout<Float>.stride
        let clock = ContinuousClock()
        let adding = clock.measure {
            VectorSums.add(into: slotSum.base, from: gradient.base, count: count)
        }
        let hashing = clock.measure {
            for first in stride(from: 0, to: count, by: Self.hashedFloats) {
                digest = Digest128(
                    of: gradient.base + first, count: min(Self.hashedFloats, count - first))
            }
        }
        return [
            KernelUse(
                "sum of two slots, one thread", OperationCost.Work(bytes: 3 * bytes),
                seconds: adding / .seconds(1), isBeside: true),
            KernelUse(
                "hash of the gradient, one thread", OperationCost.Work(bytes: bytes),
                seconds: hashing / .seconds(1), isBeside: true),
        ]
    }

    /// Each vector once for every sweep over it: weights and moments are read and written.
    private var updateBytes: Int {
        let train = configuration.train
        let moments =
            switch train.optimizer.method {
            case .sgd(let momentum, _): momentum == 0 ? 0 : 1
            case .adam: 2
            }
        let sweeps = 3 + 2 * moments + (train.clipNorm == nil ? 0 : 1) + (train.ema > 0 ? 3 : 0)
        return (sweeps * gradient.count + 3 * statistics.count) * MemoryLayout<Float>.stride
    }
}
