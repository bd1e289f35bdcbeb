import TrainingProtocol

/// What is to be expected of a cluster of a size.
public struct ClusterForecast: Sendable {
    /// What a step can wait for.
    public enum Resource: String, Sendable, CaseIterable {
        case computing
        case clipReading = "the head's reading of clips"
        case headLink = "the head's link"
        case headProcessor = "the head's control thread"
        case workerLink = "the workers' links"
        case workerProcessor = "the workers' exchange"
    }

    public let workers: Int
    public let slots: Int
    public let step: Duration
    /// Of a step in which everything but computing took no time.
    public let ideal: Duration
    /// How busy each resource is, as a share of the step.
    public let loads: [(resource: Resource, share: Double)]
    /// How far a failure throws the run behind until another machine has taken the lost one's place: finding out, computing
    /// what was lost, and going on with fewer.
    public let lossPerFailure: Duration
    /// Useful step time over all time, with failures as often as the costs say.
    public let goodput: Double

    public var efficiency: Double { ideal.inSeconds / step.inSeconds }

    /// What a step waits for most.
    public var binding: Resource {
        loads.max { $0.share < $1.share }?.resource ?? .computing
    }

    /// - Parameter slotsPerWorker: The batch grows with the cluster.
    public init(_ costs: ClusterCosts, workers: Int, slotsPerWorker: Int) {
        self.workers = workers
        slots = workers * slotsPerWorker
        let calm = ClusterSimulation(costs, workers: workers, slots: slots, steps: 7)
        calm.simulate()
        let times = calm.steps.dropFirst(2)
        step = times.sorted()[times.count / 2]
        ideal = costs.slot * slotsPerWorker
        let whole = calm.now - calm.commits[1]
        // What is asked for ahead may be served before the steps that are counted.
        loads = calm.busy.map { ($0.resource, min(1, $0.time / whole)) }
        guard workers > 1 else {
            lossPerFailure = .zero
            goodput = 1
            return
        }
        let hit = ClusterSimulation(
            costs, workers: workers, slots: slots, steps: 100_000, failsAfter: 3)
        hit.simulate()
        let undisturbed = step * (hit.commits.count - 1)
        lossPerFailure = max(
            .zero, hit.commits[hit.commits.count - 1] - hit.commits[0] - undisturbed)
        goodput = 1 / (1 + lossPerFailure / costs.failure * Double(workers))
    }
}
