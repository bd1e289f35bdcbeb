import Tensors
import Training
import TrainingProtocol
import Wire
import ZeroMQ

extension DataClient {
    /// A saved state on its way to this worker.
    struct Fetch {
        let number: Int
        let step: Step
        let buffers: [FloatBuffer]
        let reply: Mailbox<Result<[FloatBuffer], WorkingError>>
        var pieces: StatePieces
    }

    /// A state on its way to the coordinator.
    struct Upload {
        let number: Int
        /// By which the coordinator tells it from the uploads of other workers.
        let id = UInt64.random(in: .min ... .max)
        let step: Step
        let state: TrainingState
        let onFailure: @Sendable (WorkingError) -> Void
        var pieces: StatePieces
    }

    func begin(
        fetch vectors: [TrainingState.Layout.Vector], of step: Step,
        _ reply: Mailbox<Result<[FloatBuffer], WorkingError>>
    ) {
        settle(fetch: .failure(.state("another state was asked for meanwhile")))
        transfers += 1
        fetch = Fetch(
            number: transfers, step: step, buffers: vectors.map { FloatBuffer(count: $0.count) },
            reply: reply, pieces: StatePieces(vectors))
    }

    func begin(
        upload state: TrainingState, of step: Step,
        _ onFailure: @escaping @Sendable (WorkingError) -> Void
    ) {
        transfers += 1
        uploads.append(
            Upload(
                number: transfers, step: step, state: state, onFailure: onFailure,
                pieces: StatePieces(state.layout.vectors)))
    }

    /// Tells everyone who waits for a state to be moved that it will not be.
    func abandonTransfers(_ problem: WorkingError) {
        fetch?.reply.send(.failure(problem))
        fetch = nil
        for upload in uploads { upload.onFailure(problem) }
        uploads = []
    }

    func continueFetch() throws(ZeroMQError) {
        while let piece = fetch?.pieces.next(), let current = fetch {
            let name = current.pieces.vectors[piece.vector].name
            try send(
                .state(name: name, offset: piece.range.lowerBound, length: piece.range.count),
                step: current.step, for: .fetch(transfer: current.number, piece))
        }
        if let current = fetch, current.pieces.isDone {
            fetch = nil
            current.reply.send(.success(current.buffers))
        }
    }

    func settle(fetch result: Result<Void, WorkingError>) {
        switch result {
        case .success: fetch?.pieces.acknowledge()
        case .failure(let problem):
            fetch?.reply.send(.failure(problem))
            fetch = nil
            open.close { if case .fetch = $0 { true } else { false } }
        }
    }

    func continueUpload() throws(ZeroMQError) {
        while !uploads.isEmpty {
            while let piece = uploads[0].pieces.next() {
                let upload = uploads[0]
                let (part, bulk) = upload.part(piece)
                try send(
                    .part(part), step: upload.step, for: .upload(transfer: upload.number),
                    bulk: bulk)
            }
            // The acknowledgements of the last pieces bring us back here.
            guard uploads[0].pieces.isDone else { return }
            uploads.removeFirst()
        }
    }

    func settle(upload number: Int, _ result: Result<Void, WorkingError>) {
        guard let index = uploads.firstIndex(where: { $0.number == number }) else { return }
        switch result {
        case .success: uploads[index].pieces.acknowledge()
        case .failure(let problem):
            uploads.remove(at: index).onFailure(problem)
            open.close { if case .upload(number) = $0 { true } else { false } }
        }
    }
}

extension DataClient.Fetch {
    /// Takes in a piece where its reply is whole.
    func contents(
        of reply: DataReply, _ bulk: Message?, for piece: StatePieces.Piece
    ) -> ReplyContents<Void> {
        switch reply {
        case .failure(let problem):
            return .failed(.state(problem))
        case .clip, .accepted, .damaged:
            return .failed(.state("a reply is of another kind"))
        case .part(let part):
            let name = pieces.vectors[piece.vector].name
            let target = buffers[piece.vector].bytes
            guard let bulk, part.name == name, part.offset == piece.range.lowerBound,
                part.total == target.count, bulk.count == piece.range.count
            else { return .failed(.state("\(name) has another size than this model's")) }
            return bulk.withUnsafeBytes { bytes in
                guard Digest128(of: bytes).low == part.checksum else { return .damaged }
                target[piece.range.lowerBound...].copyBytes(from: bytes)
                return .whole(())
            }
        }
    }
}

extension DataClient.Upload {
    /// What the coordinator says of a piece.
    static func contents(of reply: DataReply) -> ReplyContents<Void> {
        switch reply {
        case .accepted: .whole(())
        case .damaged: .damaged
        case .failure(let problem): .failed(.state(problem))
        case .clip, .part: .failed(.state("a reply is of another kind"))
        }
    }

    /// A piece as a message, without a copy: the state lives until libzmq has sent it.
    func part(_ piece: StatePieces.Piece) -> (StatePart, Message) {
        let vector = pieces.vectors[piece.vector]
        let buffer = state.vectors[piece.vector]
        let bytes = UnsafeRawBufferPointer(rebasing: buffer.bytes[piece.range])
        let part = StatePart(
            name: vector.name, offset: piece.range.lowerBound, total: vector.bytes,
            checksum: Digest128(of: bytes).low, upload: id)
        return (part, Message(lending: bytes) { withExtendedLifetime(buffer) {} })
    }
}
