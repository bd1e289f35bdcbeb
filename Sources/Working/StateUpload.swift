import Tensors
import Training
import TrainingProtocol
import Wire
import ZeroMQ

extension DataClient {
    /// A state on its way to the coordinator.
    struct Upload {
        let number: Int
        /// By which the coordinator tells it from the uploads of other workers.
        let id = UInt64.random(in: .min ... .max)
        let step: Step
        let state: StateLoan
        let onFailure: @Sendable (WorkingError) -> Void
        var pieces: StatePieces
    }

    func begin(
        upload state: StateLoan, of step: Step,
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
        for upload in uploads {
            upload.state.end()
            upload.onFailure(problem)
        }
        uploads = []
    }

    func continueUpload() throws(ZeroMQError) {
        while !uploads.isEmpty {
            while let piece = uploads[0].pieces.next() {
                let upload = uploads[0]
                guard let (part, bulk) = upload.part(piece) else { continue }
                try send(
                    .part(part), step: upload.step, for: .upload(transfer: upload.number),
                    bulk: bulk)
            }
            // The acknowledgements of the last pieces bring us back here.
            guard uploads[0].pieces.isDone else { return }
            uploads.removeFirst().state.end()
        }
    }

    func settle(upload number: Int, _ result: Result<Void, WorkingError>) {
        guard let index = uploads.firstIndex(where: { $0.number == number }) else { return }
        switch result {
        case .success: uploads[index].pieces.acknowledge()
        case .failure(let problem):
            let upload = uploads.remove(at: index)
            upload.state.end()
            upload.onFailure(problem)
            open.close { if case .upload(number) = $0 { true } else { false } }
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

    /// A piece as a message; nil after the loan's end.
    func part(_ piece: StatePieces.Piece) -> (StatePart, Message)? {
        guard let bytes = state.bytes(of: piece) else { return nil }
        let vector = pieces.vectors[piece.vector]
        let part = StatePart(
            name: vector.name, offset: piece.range.lowerBound, total: vector.bytes,
            checksum: bytes.withUnsafeBytes { Digest128(of: $0).low }, upload: id)
        return (part, Message(bytes))
    }
}
