import ArgumentParser
import Configuration
import Foundation
import Models
import Networks
import Simulation

/// `coordinator forecast`: what is to be expected of clusters that are not there yet.
struct ForecastCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forecast",
        abstract:
            "Predict step time, efficiency and goodput of clusters, and what holds them back.",
        usage: "coordinator forecast --config <config> [<options>]",
        discussion: """
            Example:
              coordinator forecast --config configs/seed.yaml --slot-time 1.6 --link 10

            The protocol's own state machines run on a virtual cluster, whose processors, links and disks serve one \
            after another. The batch grows with the cluster: a worker has as many slots as the configuration's batch has \
            for one, or as --slots-per-worker says. Take --slot-time from a run's metrics. Two thousand workers take a \
            minute, ten thousand half an hour.
            """)

    @Option(help: "Configuration file of a run.", completion: .configurations)
    var config: String

    @Option(name: .customLong("set"), help: "Override a key: train.batch=16. May be repeated.")
    var overrides: [String] = []

    @Option(help: ArgumentHelp("Sizes of clusters.", valueName: "n,n,..."))
    var workers = "2,8,32,128,512,2048"

    @Option(help: "Slots that each worker computes in a step.")
    var slotsPerWorker = 1

    @Option(help: "Seconds that a worker takes for a slot; without it, as at 100 GFLOP/s.")
    var slotTime: Double?

    @Option(help: "Slots take up to this share longer.")
    var jitter = 0.05

    @Option(help: "A worker's link, in Gbit/s.")
    var link = 10.0

    @Option(help: "The head node's link, in Gbit/s (default: as a worker's).")
    var headLink: Double?

    @Option(help: "One way between any two machines, in microseconds.")
    var latency = 50.0

    @Option(help: "Days until a machine fails, in the mean.")
    var failure = 30.0

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard sizes != nil else {
            throw ValidationError("--workers takes numbers from 1 to 20000, as 2,8,32.")
        }
        guard (1...64).contains(slotsPerWorker) else {
            throw ValidationError("--slots-per-worker takes 1 to 64.")
        }
        for (name, value) in [
            ("--link", link), ("--head-link", headLink ?? 1), ("--slot-time", slotTime ?? 1),
            ("--failure", failure),
        ] where !(value > 0 && value.isFinite) {
            throw ValidationError("\(name) takes a number above 0.")
        }
        guard jitter >= 0, jitter <= 10, latency >= 0, latency <= 1e6 else {
            throw ValidationError("--jitter takes 0 to 10, --latency 0 to 1000000.")
        }
    }

    private var sizes: [Int]? {
        let numbers = workers.split(separator: ",").map { Int($0) }
        let found = numbers.compactMap(\.self)
        guard found.count == numbers.count, !found.isEmpty,
            found.allSatisfy({ (1...20_000).contains($0) })
        else { return nil }
        return found
    }

    func run() throws {
        guard let sizes else { return }
        let run = try RunConfiguration(contentsOf: config, overrides: overrides)
        let costs = try costs(of: run)
        let table = ForecastTable(costs: costs, isAssumed: slotTime == nil, isJSON: json)
        table.begin(slotsPerWorker)
        for size in sizes {
            table.add(ClusterForecast(costs, workers: size, slotsPerWorker: slotsPerWorker))
        }
    }

    private func costs(of run: RunConfiguration) throws -> ClusterCosts {
        let network = try Network(run)
        let tree = network.parameters
        let clips = (run.train.batch + run.train.slots - 1) / run.train.slots
        let multiplyAdds = network.graph.costs(tree).reduce(0) { $0 + $1.multiplyAdds }
        let input = network.graph.input
        let float = MemoryLayout<Float>.stride
        let state = (2 * tree.trainableExtent + tree.statisticsExtent) * float
        return ClusterCosts(
            slot: .seconds(slotTime ?? 6 * Double(multiplyAdds * clips) / 1e11), jitter: jitter,
            gradientBytes: (tree.gradientExtent + tree.batchStatisticsExtent) * float,
            stateBytes: state,
            clipBytes: clips * input.time * input.height * input.width * input.channels,
            workerLink: link * 1e9 / 8, headLink: (headLink ?? link) * 1e9 / 8,
            latency: .nanoseconds(Int(latency * 1000)), failure: .seconds(failure * 86_400))
    }
}
