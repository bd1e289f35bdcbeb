import Foundation
import ZeroMQ

/// Frames from one process to another, as clips go from coordinator to worker: asked for a few ahead, copied into
/// messages, sent by one thread.
struct LinkBenchmark {
    enum Transport: String, CaseIterable {
        /// Bare sockets of the system, for comparison.
        case raw
        case clear
        case encrypted
    }

    /// Requests that are under way at once.
    static let ahead = 16
    static let patience = Duration.seconds(60)

    let transport: Transport
    /// Of a frame.
    let bytes: Int
    let frames: Int

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// What it took, of both processes together.
    struct Taken {
        var seconds: Double
        var processorSeconds: Double
    }

    /// Serves in this process, and has another ask.
    ///
    /// - Parameter arguments: The command line of the one that asks.
    func run(arguments: (_ address: String) -> [String]) throws -> Taken {
        transport == .raw ? try runRaw(arguments) : try runSockets(arguments)
    }

    /// Its output is one line: what it took of the processors, and by the clock.
    func ask(_ arguments: [String], serve: () throws -> Void) throws -> Taken {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe")
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        let before = ProcessorTime.ofThisProcess
        try process.run()
        try serve()
        let own = ProcessorTime.ofThisProcess - before
        let text = String(
            decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let words = text.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
        guard process.terminationStatus == 0, words.count == 2 else {
            throw Failure(description: "the asking process failed")
        }
        return Taken(seconds: words[1], processorSeconds: own + words[0])
    }

    // MARK: Through libzmq

    private func runSockets(_ arguments: (String) -> [String]) throws -> Taken {
        let context = try Context()
        var options = SocketOptions()
        options.sendHighWaterMark = 0
        var address = ""
        if transport == .encrypted {
            let keys = try CurveKeyPair.random()
            let admission = try PeerAdmission(context: context) { _ in .admit(user: "guest") }
            options.curve = .server(keys, domain: "benchmark", admission: admission)
            address = " \(keys.publicKey)"
        }
        let router = try Socket(.router, in: context, options: options)
        address = try router.bind("tcp://127.0.0.1:*") + address
        let contents = (0..<bytes).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ $0 >> 8) }
        return try ask(arguments(address)) {
            for _ in 0..<frames {
                guard let request = try router.receive(timeout: Self.patience) else {
                    throw Failure(description: "nobody asks")
                }
                try router.send([request[0], Message(contents)])
            }
        }
    }

    /// What the other process does.
    func takePart(_ address: String) throws {
        let words = address.split(separator: " ", maxSplits: 1).map(String.init)
        if transport == .raw { return try takeRaw(words[0]) }
        var options = SocketOptions()
        options.receiveHighWaterMark = 0
        if words.count > 1, let server = CurveKey(text: words[1]) {
            options.curve = .client(try .random(), server: server)
        }
        let dealer = try Socket(.dealer, in: Context(), options: options)
        try dealer.connect(words[0])
        let start = ContinuousClock.now
        let before = ProcessorTime.ofThisProcess
        for _ in 0..<min(Self.ahead, frames) { try dealer.send([Message()]) }
        for frame in 0..<frames {
            guard let reply = try dealer.receive(timeout: Self.patience),
                reply.first?.count == bytes
            else { throw Failure(description: "no frame came") }
            if frame + Self.ahead < frames { try dealer.send([Message()]) }
        }
        Self.tell(start, before)
    }

    static func tell(_ start: ContinuousClock.Instant, _ processor: Double) {
        print(ProcessorTime.ofThisProcess - processor, (ContinuousClock.now - start) / .seconds(1))
    }
}
