import ClipDatasets
import Foundation
import Logging
import Networks
import Tensors
import Training
import TrainingProtocol
import Wire
import ZeroMQ

@testable import Coordinating
@testable import Working

/// A data set in a folder that lives as long as this.
final class SampleDataset {
    static let clips = 12
    private static let shape = (frames: 3, height: 4, width: 4)
    private let folder = NSTemporaryDirectory() + "data-tests-" + UUID().uuidString
    let dataset: ClipDataset

    init() throws {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        let path = folder + "/clips.h5"
        let writer = try ClipDatasetWriter(
            path: path, classNames: ["a", "b"], shape: Self.shape, storage: ClipStorage())
        for index in 0..<Self.clips {
            let record = ClipRecord(
                label: index % 2, videoID: "\(index)", framesPerSecond: 25, group: index)
            try writer.append(
                [UInt8](repeating: UInt8(index), count: 3 * 4 * 4 * 3), record, to: "train")
        }
        try writer.finish()
        dataset = try ClipDataset(path: path)
    }

    deinit {
        do { try FileManager.default.removeItem(atPath: folder) } catch { print(error) }
    }

    static func key(_ sample: Int) -> ClipRequestKey {
        ClipRequestKey(
            split: "train", sample: SampleID(sample),
            view: ClipView(frames: 0..<2, top: 0, left: 0, size: 4, isFlipped: false), bytes: 96)
    }
}

enum SampleState {
    static let layout = TrainingState.Layout(
        tree: ParameterTree([
            Parameter(
                name: "w", shape: [3_000_000], role: .trainable(decays: true),
                initialiser: .constant(0))
        ]), optimizerVectors: ["momentum"])

    static func filled() -> TrainingState {
        let state = TrainingState(layout: layout)
        for vector in state.vectors {
            for index in 0..<vector.count { vector[index] = Float(index % 1013) }
        }
        return state
    }
}

/// A worker's data thread.
final class SampleClient {
    let lane: ClipLane
    let orders: Mailbox<DataClient.Order>
    private let thread: DedicatedThread<Void>

    init(address: String, term: Term = Term(1)) throws {
        let lane = try ClipLane()
        let orders = try Mailbox<DataClient.Order>()
        self.lane = lane
        self.orders = orders
        let context = try Context()
        thread = try DedicatedThread(name: "client") {
            DataClient.run(
                context: context, address: address, run: RunID(1), term: term, lanes: [lane],
                prefetchBytes: 1 << 20, orders: orders)
        }
    }

    func stop() throws {
        orders.send(.stop)
        try thread.join()
    }
}

/// A coordinator's end of the data connection that a test plays itself.
struct PlayedServer {
    let router: Socket
    let endpoint: String

    init() throws {
        router = try Socket(.router, in: try Context())
        endpoint = try router.bind("tcp://127.0.0.1:*")
    }

    /// The next request, with the name of its sender.
    func request() throws -> (sender: Message, Ticketed<DataRequest>) {
        let frames = try router.receive()
        return (frames[0], try Ticketed<DataRequest>(serialized: frames[1].bytes))
    }

    func reply(
        to request: (sender: Message, Ticketed<DataRequest>), _ body: DataReply, _ bulk: Message?
    ) throws {
        let stamp = request.1.message
        let reply = Ticketed(
            Stamped(
                run: stamp.run, term: stamp.term, generation: stamp.generation, step: stamp.step,
                body: body), ticket: request.1.ticket)
        let head = Message(try reply.serialized())
        try router.send([request.sender, head] + (bulk.map { [$0] } ?? []))
    }

    /// Answers with the clip that is asked for, or, `damaged`, with other bytes than its checksum's.
    func serve(
        _ request: (sender: Message, Ticketed<DataRequest>), from dataset: ClipDataset,
        damaged: Bool = false
    ) throws {
        guard case .clip(let split, let sample, let frames) = request.1.message.body else { return }
        let clip = try dataset.split(split).readClip(sample.rawValue, frames: frames)
        let checksum = clip.message.withUnsafeBytes { Digest128(of: $0).low }
        try reply(
            to: request, .clip(label: sample.rawValue % 2, checksum: checksum ^ (damaged ? 1 : 0)),
            Message(clip.message))
    }
}
