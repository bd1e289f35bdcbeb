import ArgumentParser
import Foundation

/// Measures frames from process to process, in the clear, encrypted, and without libzmq.
struct BenchmarkLinkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmark-link",
        abstract: "Times frames from one local process to another, as clips are streamed.",
        usage: "worker benchmark-link [<options>]",
        discussion: """
            Example: worker benchmark-link --frame-bytes 602112

            Rounds of raw TCP, of sockets in the clear and of encrypted ones follow each other, over loopback, and the \
            medians are printed: GB/s, and seconds of the processors for a GB, of both processes together.
            """)

    @Option(help: "Size of a frame in bytes: a clip of 16 frames of 112 x 112 unless told.")
    var frameBytes = 602_112

    @Option(help: "Frames of a round.")
    var frames = 2000

    @Option(help: "Rounds of each.")
    var rounds = 5

    @Option(help: .hidden)
    var transport: LinkBenchmark.Transport?

    @Option(help: .hidden)
    var address: String?

    func validate() throws {
        guard frameBytes > 0, frames > 0, rounds > 0 else {
            throw ValidationError("--frame-bytes, --frames and --rounds take 1 or more.")
        }
    }

    func run() throws {
        if let transport, let address {
            return try LinkBenchmark(transport: transport, bytes: frameBytes, frames: frames)
                .takePart(address)
        }
        var taken: [LinkBenchmark.Transport: [LinkBenchmark.Taken]] = [:]
        for _ in 0..<rounds {
            for transport in LinkBenchmark.Transport.allCases {
                let benchmark = LinkBenchmark(
                    transport: transport, bytes: frameBytes, frames: frames)
                taken[transport, default: []].append(
                    try benchmark.run { address in
                        [
                            "benchmark-link", "--transport", transport.rawValue, "--address",
                            address, "--frame-bytes", "\(frameBytes)", "--frames", "\(frames)",
                        ]
                    })
            }
        }
        let gigabytes = Double(frameBytes) * Double(frames) / 1e9
        for transport in LinkBenchmark.Transport.allCases {
            let rounds = taken[transport] ?? []
            let speed = Self.median(rounds.map { gigabytes / $0.seconds })
            let cost = Self.median(rounds.map { $0.processorSeconds / gigabytes })
            print(
                transport.rawValue.padding(toLength: 10, withPad: " ", startingAt: 0)
                    + String(format: "%6.2f GB/s  %5.2f CPU-seconds a GB", speed, cost))
        }
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }
}

extension LinkBenchmark.Transport: ExpressibleByArgument {}
