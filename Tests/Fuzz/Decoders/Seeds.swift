import ClipDatasets
import Collectives
import TrainingProtocol
import Wire

/// Sound inputs of every decoder, for a fuzzer to begin with and for tests to damage.
enum Seeds {
    static func of(_ decoder: Decoder) -> [[UInt8]] {
        do {
            switch decoder {
            case .workerFrame: return try workerMessages.map { try stamped($0).serialized() }
            case .coordinatorFrame:
                return try coordinatorMessages.map { try stamped($0).serialized() }
            case .dataRequest: return try requests.map { try ticketed($0).serialized() }
            case .dataReply: return try replies.map { try ticketed($0).serialized() }
            case .chunkEnvelope: return try chunks.map { try $0.envelope.frame() }
            case .reduction: return [try exchange(chunks), try exchange(chunks + chunks)]
            case .coordinatorMachine: return [try coordinatorRun()]
            case .workerMachine: return [try workerRun()]
            case .clip: return try clips()
            case .journal: return [journal]
            case .journalRecords: return [Array(journalLines.joined(separator: "\n").utf8)]
            case .safetensors: return safetensors
            case .manifest: return [Array(manifest.utf8)]
            case .datasetRecord: return [Array(datasetRecord.utf8)]
            case .dataset: return try ClipLayout.allCases.map(clipFile)
            case .configuration: return [Array(configurationText.utf8)]
            case .override: return overrides.map { Array($0.utf8) }
            case .enrolment: return try enrolments()
            case .joinToken: return [Array(joinToken.utf8)]
            case .accessList: return [Array((accessRecords.joined(separator: "\n") + "\n").utf8)]
            case .hostsFile: return [Array(hostsFile.utf8)]
            case .chunkSeal: return try sealedChunks()
            case .stateUpload: return [stateUploads]
            case .statusAnswer: return try statusAnswers()
            case .pageRequest: return pageRequests.map { [UInt8(0)] + Array($0.utf8) }
            case .pageConnection: return pageConnections.map { Array($0.utf8) }
            }
        } catch {
            preconditionFailure("a sound input of \(decoder.rawValue) cannot be made: \(error)")
        }
    }

    static func stamped<Body>(_ body: Body, step: UInt64 = 0) -> Stamped<Body> {
        Stamped(
            run: MachineSample.run, term: Term(1), generation: Generation(1), step: Step(step),
            body: body)
    }

    private static func ticketed<Body>(_ body: Body) -> Ticketed<Body> {
        Ticketed(stamped(body), ticket: 7)
    }

    private static let requests: [DataRequest] = [
        .clip(split: "train", sample: SampleID(3), frames: 0..<8),
        .state(name: "trainable", offset: 0, length: 4096),
        .part(StatePart(name: "trainable", offset: 0, total: 4096, checksum: 5, upload: 9)),
    ]

    private static let replies: [DataReply] = [
        .clip(label: 2, checksum: 77), .accepted, .damaged, .failure("no such clip"),
        .part(StatePart(name: "trainable", offset: 0, total: 4096, checksum: 5)),
    ]

    // MARK: Exchange

    static var chunks: [(envelope: ChunkEnvelope, floats: Int)] {
        let chunk = { (phase: ChunkEnvelope.Phase, chunk: Int, slots: Range<Int>) in
            ChunkEnvelope(
                run: ReductionSample.run, moment: ReductionSample.moment, phase: phase,
                chunk: chunk, sender: 1, subtree: Subtree(slots), checksum: 0)
        }
        return [
            (chunk(.partial, 0, 1..<2), 16384), (chunk(.partial, 0, 2..<3), 16384),
            (chunk(.partial, 2, 1..<2), 100), (chunk(.partial, 2, 2..<3), 100),
            (chunk(.reduced, 1, 0..<4), 16384),
        ]
    }

    private static func exchange(
        _ chunks: [(envelope: ChunkEnvelope, floats: Int)]
    ) throws -> [UInt8] {
        var writer = InputWriter()
        for (envelope, floats) in chunks {
            writer.byte(0)
            writer.bytes(try envelope.frame())
            let third = floats * 4 / 3
            writer.number(floats * 4 - 3 * third)
            writer.number(third)
        }
        return writer.bytes
    }

    // MARK: Clips

    private static func clipFile(_ layout: ClipLayout) throws -> [UInt8] {
        let shape = (frames: 2, height: 4, width: 4)
        let path = "\(InputFolder.path)/clips.h5"
        let writer = try ClipDatasetWriter(
            path: path, classNames: ["run", "sit"], shape: shape,
            storage: ClipStorage(layout: layout, gzip: layout == .frames ? 1 : nil), frameStride: 2,
            replacing: true)
        for index in 0..<2 {
            let pixels = (0..<shape.frames * shape.height * shape.width * 3).map {
                UInt8(40 + $0 + 5 * index)
            }
            let record = ClipRecord(
                label: index, videoID: "video \(index)", framesPerSecond: 25, group: index)
            try writer.append(pixels, record, to: "train")
        }
        try writer.finish()
        return InputFolder.read(path)
    }

    private static func clips() throws -> [[UInt8]] {
        try ClipLayout.allCases.map { layout in
            _ = InputFolder.write(try clipFile(layout), to: "clips.h5")
            let dataset = try ClipDataset(path: "\(InputFolder.path)/clips.h5")
            return try dataset.splits[0].readClip(1).message
        }
    }
}
