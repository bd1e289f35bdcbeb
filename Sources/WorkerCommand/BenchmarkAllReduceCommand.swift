import ArgumentParser
import Collectives
import Foundation
import TrainingProtocol
import ZeroMQ

/// Measures the all-reduce between processes of this machine, as the workers of a run do it.
struct BenchmarkAllReduceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmark-allreduce",
        abstract: "Times the sum of gradients between local processes, and checks its bits.",
        usage: "worker benchmark-allreduce [<options>]",
        discussion: """
            Example: worker benchmark-allreduce --workers 4 --bytes 138000000

            Starts as many processes as workers. A round takes as long as its slowest process. Bus \
            bandwidth is 2 (n - 1) / n * bytes / time: what each process must at least send, so that \
            different numbers of workers compare.
            """)

    @Option(help: "Processes that take part.")
    var workers = 2

    @Option(help: "Size of the vector in bytes, a multiple of 4.")
    var bytes = 45_000_000

    @Option(help: "Reductions.")
    var rounds = 10

    @Option(help: "Slots of a step, dealt to the workers as evenly as may be.")
    var slots = 8

    @Option(help: "Size of a chunk in bytes.")
    var chunkBytes = 1 << 20

    @Option(help: "automatic, as workers choose: Unix sockets within a machine; or tcp.")
    var transport = AllReduceBenchmark.Transport.automatic

    @Option(
        help: "none; encrypted, as between machines; or authenticated, as with cleartext_gradients."
    )
    var protection = AllReduceBenchmark.Protection.none

    @Flag(help: "Print one JSON object: seconds of each round, and their summary.")
    var json = false

    @Option(help: .hidden)
    var rank: Int?

    @Option(help: .hidden)
    var rendezvous: String?

    func validate() throws {
        guard workers > 0 else { throw ValidationError("--workers must be at least 1") }
        guard rounds > 0 else { throw ValidationError("--rounds must be at least 1") }
        guard slots > 0 else { throw ValidationError("--slots must be at least 1") }
        guard chunkBytes > 0 else { throw ValidationError("--chunk-bytes must be at least 1") }
        guard bytes > 0, bytes.isMultiple(of: 4) else {
            throw ValidationError("--bytes must be a multiple of 4, the size of a float")
        }
    }

    func run() throws {
        let benchmark = AllReduceBenchmark(
            workers: workers, count: bytes / 4, rounds: rounds, slots: slots,
            chunkBytes: chunkBytes, transport: transport, protection: protection)
        if let rank, let rendezvous {
            try benchmark.takePart(rank: rank, rendezvous: rendezvous)
            return
        }
        let taken = try benchmark.lead { rank, rendezvous in
            [
                "benchmark-allreduce", "--rank", "\(rank)", "--rendezvous", rendezvous,
                "--workers", "\(workers)", "--bytes", "\(bytes)", "--rounds", "\(rounds)",
                "--slots", "\(slots)", "--chunk-bytes", "\(chunkBytes)",
                "--transport", transport.rawValue, "--protection", protection.rawValue,
            ]
        }
        try report(taken)
    }

    private struct Report: Encodable {
        let workers: Int
        let bytes: Int
        let slots: Int
        let seconds: [Double]
        let median: Double
        let minimum: Double
        let maximum: Double
        let busBytesPerSecond: Double
        /// Median, of all processes together, for 10^9 bytes that one sends and another receives.
        let processorSecondsPerGigabyte: Double
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }

    private func report(_ taken: [AllReduceBenchmark.Round]) throws {
        let seconds = taken.map(\.seconds)
        let sorted = seconds.sorted()
        let median = Self.median(seconds)
        let sent = 2 * Double(workers - 1) * Double(bytes)
        let processor = sent > 0 ? Self.median(taken.map(\.processorSeconds)) / sent * 1e9 : 0
        let bus = 2 * Double(workers - 1) / Double(workers) * Double(bytes) / median
        if json {
            let report = Report(
                workers: workers, bytes: bytes, slots: slots, seconds: seconds, median: median,
                minimum: sorted[0], maximum: sorted[sorted.count - 1], busBytesPerSecond: bus,
                processorSecondsPerGigabyte: processor)
            print(String(decoding: try JSONEncoder().encode(report), as: UTF8.self))
        } else {
            func milliseconds(_ value: Double) -> String { String(format: "%.1f", value * 1e3) }
            print(
                "\(workers) workers, \(bytes) bytes, \(slots) slots, \(rounds) rounds: "
                    + "median \(milliseconds(median)) ms, \(milliseconds(sorted[0])) to "
                    + "\(milliseconds(sorted[sorted.count - 1])) ms, "
                    + "bus \(String(format: "%.2f", bus / 1e9)) GB/s, "
                    + "\(String(format: "%.2f", processor)) CPU-seconds a GB, bits correct")
        }
    }
}

extension AllReduceBenchmark.Transport: ExpressibleByArgument {}
extension AllReduceBenchmark.Protection: ExpressibleByArgument {}
