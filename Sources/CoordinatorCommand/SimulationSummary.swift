import Foundation
import Simulation
import TrainingProtocol

/// What many simulated runs came to.
struct SimulationSummary: Sendable {
    struct Failure: Sendable {
        let seed: UInt64
        let violation: String
        /// The last of what happened.
        let lines: [String]
    }

    /// Lines of a failing history that are shown.
    private static let shown = 60

    private(set) var seeds = 0
    private(set) var statistics = SimulationStatistics()
    private(set) var failures: [Failure] = []

    /// Runs a seed; one that fails runs again, to the same end, to tell what happened.
    mutating func add(seed: UInt64, workers: Int?, showing: Bool) {
        let simulation = Simulation(seed: seed, workers: workers, keepsHistory: showing)
        simulation.simulate()
        seeds += 1
        statistics = statistics + simulation.statistics
        if showing { print(simulation.history.lines.joined(separator: "\n")) }
        guard let violation = simulation.violation else { return }
        let again = Simulation(seed: seed, workers: workers, keepsHistory: true)
        if !showing { again.simulate() }
        failures.append(
            Failure(
                seed: seed, violation: violation, lines: again.history.lines.suffix(Self.shown)))
    }

    mutating func merge(_ other: SimulationSummary) {
        seeds += other.seeds
        statistics = statistics + other.statistics
        failures = (failures + other.failures).sorted { $0.seed < $1.seed }
    }

    func text(_ elapsed: Duration, workers: Int?) -> String {
        let all = statistics
        let hours = all.time.inSeconds / 3600
        var lines: [String] = []
        if let first = failures.first { lines += first.lines }
        for failure in failures.prefix(20) {
            let more = workers.map { " --workers \($0)" } ?? ""
            lines.append("seed \(failure.seed): \(failure.violation)")
            lines.append("    coordinator simulate --seeds \(failure.seed)\(more) --history")
        }
        lines.append(
            "\(seeds) seeds, \(seeds - failures.count) sound, \(failures.count) not, in "
                + String(format: "%.1f s; %.1f virtual hours", elapsed.inSeconds, hours))
        lines.append(
            "\(all[.commits]) commits in \(all[.generations]) generations; \(all[.faults]) faults: "
                + "\(all[.kills]) workers killed, \(all[.crashes]) coordinators killed, \(all[.losses]) workers "
                + "lost, \(all[.aborts]) steps taken over, \(all[.rewinds]) rewinds, \(all[.lostMessages]) of "
                + "\(all[.messages]) messages lost, \(all[.failedWrites]) writes failed")
        return lines.joined(separator: "\n")
    }

    func json(_ elapsed: Duration) throws -> String {
        let all = statistics
        let object: [String: Any] = [
            "seeds": seeds, "seconds": elapsed.inSeconds, "virtual_seconds": all.time.inSeconds,
            "commits": all[.commits], "generations": all[.generations], "faults": all[.faults],
            "kills": all[.kills], "crashes": all[.crashes], "aborts": all[.aborts],
            "rewinds": all[.rewinds], "lost_messages": all[.lostMessages],
            "failures": failures.map {
                ["seed": $0.seed, "violation": $0.violation] as [String: Any]
            },
        ]
        let data = try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys])
        return String(decoding: data, as: UTF8.self)
    }
}
