import Networks
import Tensors

/// Executors by clip count and mode. All share one arena, for no two run at a time.
final class ExecutorCache {
    private let network: Network
    let pool: ThreadPool
    private let labelSmoothing: Double
    private var arena = FloatBuffer(count: 0)
    private var executors: [Executor] = []

    init(_ network: Network, pool: ThreadPool, labelSmoothing: Double = 0) {
        self.network = network
        self.pool = pool
        self.labelSmoothing = labelSmoothing
    }

    /// The executor for so many clips, made when it is first asked for.
    func executor(clips: Int, mode: Plan.Mode) -> Executor {
        if let known = executors.first(where: { $0.plan.clips == clips && $0.plan.mode == mode }) {
            return known
        }
        let plan = Plan(network, clips: clips, mode: mode, labelSmoothing: labelSmoothing)
        let floats = plan.arenaBytes / MemoryLayout<Float>.stride
        if floats > arena.count {
            // The larger arena serves the plans made so far, too.
            arena = FloatBuffer(count: floats)
            executors = executors.map { Executor(plan: $0.plan, pool: pool, arena: arena) }
        }
        let executor = Executor(plan: plan, pool: pool, arena: arena)
        executors.append(executor)
        return executor
    }
}
