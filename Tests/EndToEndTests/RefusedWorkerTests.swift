import Foundation
import Tensors
import Testing
import TrainingProtocol
import Wire
import ZeroMQ

@Suite("A worker that cannot take part", .serialized, .timeLimit(.minutes(5)))
struct RefusedWorkerTests {
    /// Starts a run that waits for a guest, calls `body` with its address, and ends the run.
    private func withWaitingRun(
        _ body: (_ address: String) async throws -> Void
    ) async throws -> Command.Result {
        let tiny = try await TinyRun()
        let run = try Command(
            "coordinator", tiny.start("r", "--local-workers", "1", "--workers", "2"))
        return try await run.finish { line in
            // The profile is pinned by the first worker, which is the run's own.
            if line.hasPrefix("worker 1 joined") {
                try await body(try #require(await addresses.last))
                run.send(SIGINT)
            } else if let address = line.split(separator: " ").last, address.hasPrefix("tcp://") {
                await addresses.append(String(address))
            }
        }
    }

    private let addresses = Addresses()

    private actor Addresses {
        private var all: [String] = []
        var last: String? { all.last }
        func append(_ address: String) { all.append(address) }
    }

    /// A variant that the programs do not use by themselves here; `LOCKSTEP_KERNELS` may be set for all.
    private static var otherVariant: KernelVariant? {
        KernelVariant.supported.first { $0 != KernelVariant.current }
    }

    @Test(
        "for its kernels are others is told what differs, and the run waits on",
        .enabled(if: otherVariant != nil, "this processor has one variant of kernels"))
    func numericsProfile() async throws {
        let otherKernels = try #require(Self.otherVariant)
        let result = try await withWaitingRun { address in
            let guest = try await Command(
                "worker", ["join", address, "--threads", "1"],
                environment: ["LOCKSTEP_KERNELS": otherKernels.rawValue]
            ).finish()
            #expect(guest.status == 1)
            #expect(guest.errors.contains("numerics profile"), "\(guest.errors)")
            #expect(guest.errors.contains(otherKernels.rawValue), "\(guest.errors)")
        }
        #expect(result.output.contains("was refused"), "\(result.output)")
        #expect(result.status == 75)
    }

    @Test(
        "of the coordinator's own machine ends the start, which names what differs",
        .enabled(if: otherVariant != nil, "this processor has one variant of kernels"))
    func ownWorker() async throws {
        let otherKernels = try #require(Self.otherVariant)
        let tiny = try await TinyRun()
        let first = try await Command(
            "coordinator", tiny.start("r", "--local-workers", "1", "--set", "train.steps=2")
        ).finish()
        #expect(first.status == 0, "\(first.errors)")
        let second = try await Command(
            "coordinator",
            ["start", "--run", tiny.path("r"), "--local-workers", "1", "--set", "train.steps=4"],
            environment: ["LOCKSTEP_KERNELS": otherKernels.rawValue]
        ).finish()
        #expect(second.status == 1)
        #expect(second.errors.contains("numerics profile"), "\(second.errors)")
    }

    @Test("for it speaks another version of the protocol is told both versions")
    func protocolVersion() async throws {
        _ = try await withWaitingRun { address in
            let reply = try await Self.greet(address, version: 99)
            guard case .refusal(let reason) = reply.body else {
                Issue.record("\(reply)")
                return
            }
            #expect(reason.contains("99"))
        }
    }

    /// Says hello in another version, and returns the answer.
    private static func greet(
        _ address: String, version: UInt32
    ) async throws -> Stamped<CoordinatorMessage> {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                do {
                    let dealer = try Socket(.dealer, in: Context())
                    try dealer.connect(address)
                    let hello = Hello(
                        protocolVersion: version, profile: [], host: "guest", process: 1,
                        threads: 1, launchToken: "")
                    let message = Stamped(
                        run: RunID(0), term: Term(0), generation: Generation(0), step: Step(0),
                        body: WorkerMessage.hello(hello))
                    try dealer.send([Message(message.serialized())])
                    let frames = try dealer.receive()
                    continuation.resume(returning: try Stamped(serialized: frames[0].bytes))
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }
}
