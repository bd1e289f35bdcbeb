import SwiftProtobuf
import TrainingProtocol

// The data connection: requests of workers, replies of the coordinator. A raw frame of bytes may follow either.

/// A message of the data connection. The reply to a request carries its ticket.
public struct Ticketed<Body: Sendable & Equatable>: Sendable, Equatable {
    public var message: Stamped<Body>
    public var ticket: UInt64

    public init(_ message: Stamped<Body>, ticket: UInt64) {
        self.message = message
        self.ticket = ticket
    }
}

/// What a worker asks for.
public enum DataRequest: Sendable, Equatable {
    /// Frames of a clip; the reply's raw frame is the encoded clip.
    case clip(split: String, sample: SampleID, frames: Range<Int>)
    /// Bytes of a flat vector of the state of the stamp's step.
    case state(name: String, offset: Int, length: Int)
    /// The raw frame is a piece of the state of the stamp's step.
    case part(StatePart)
}

/// What the coordinator answers.
public enum DataReply: Sendable, Equatable {
    /// The raw frame is the encoded clip.
    case clip(label: Int, checksum: UInt64)
    /// The raw frame is a piece of a vector.
    case part(StatePart)
    /// A part arrived.
    case accepted
    /// A part arrived with other bytes than its checksum's.
    case damaged
    case failure(String)
}

/// A piece of a flat vector of a training state.
public struct StatePart: Sendable, Equatable {
    public var name: String
    public var offset: Int
    /// Bytes of the whole vector.
    public var total: Int
    /// XXH3 (the low 64 of 128 bits) of the piece.
    public var checksum: UInt64
    /// The number that the sender drew for the upload that the piece belongs to; 0 in what is handed out.
    public var upload: UInt64

    public init(name: String, offset: Int, total: Int, checksum: UInt64, upload: UInt64 = 0) {
        self.name = name
        self.offset = offset
        self.total = total
        self.checksum = checksum
        self.upload = upload
    }
}

extension Ticketed where Body == DataRequest {
    public func serialized() throws(WireError) -> [UInt8] {
        try Wire.serialized(
            Lockstep_DataRequest.with {
                $0.stamp = Lockstep_Stamp(message)
                $0.ticket = ticket
                $0.body = message.body.wire
            })
    }

    /// - Throws: `WireError` where the bytes are no such message.
    public init(serialized bytes: [UInt8]) throws(WireError) {
        let request: Lockstep_DataRequest = try parsed(bytes)
        guard request.hasStamp, let body = request.body else {
            throw .malformed("no stamp or no body")
        }
        self.init(try request.stamp.stamped(try DataRequest(body)), ticket: request.ticket)
    }
}

extension Ticketed where Body == DataReply {
    public func serialized() throws(WireError) -> [UInt8] {
        try Wire.serialized(
            Lockstep_DataReply.with {
                $0.stamp = Lockstep_Stamp(message)
                $0.ticket = ticket
                $0.body = message.body.wire
            })
    }

    /// - Throws: `WireError` where the bytes are no such message.
    public init(serialized bytes: [UInt8]) throws(WireError) {
        let reply: Lockstep_DataReply = try parsed(bytes)
        guard reply.hasStamp, let body = reply.body else {
            throw .malformed("no stamp or no body")
        }
        self.init(try reply.stamp.stamped(try DataReply(body)), ticket: reply.ticket)
    }
}

extension DataRequest {
    fileprivate var wire: Lockstep_DataRequest.OneOf_Body {
        switch self {
        case .clip(let split, let sample, let frames):
            .clip(
                .with {
                    $0.split = split
                    $0.sample = UInt64(sample.rawValue)
                    $0.firstFrame = UInt32(frames.lowerBound)
                    $0.frameCount = UInt32(frames.count)
                })
        case .state(let name, let offset, let length):
            .state(
                .with {
                    $0.name = name
                    $0.offset = UInt64(offset)
                    $0.length = UInt64(length)
                })
        case .part(let part): .part(part.wire)
        }
    }

    fileprivate init(_ body: Lockstep_DataRequest.OneOf_Body) throws(WireError) {
        switch body {
        case .clip(let clip):
            let first = Int(clip.firstFrame)
            self = .clip(
                split: clip.split, sample: SampleID(try count(clip.sample, "a sample")),
                frames: first..<first + Int(clip.frameCount))
        case .state(let state):
            self = .state(
                name: state.name, offset: try count(state.offset, "an offset"),
                length: try count(state.length, "a length"))
        case .part(let part):
            self = .part(try StatePart(part))
        }
    }
}

extension DataReply {
    fileprivate var wire: Lockstep_DataReply.OneOf_Body {
        switch self {
        case .clip(let label, let checksum):
            .clip(
                .with {
                    $0.label = UInt32(clamping: label)
                    $0.checksum = checksum
                })
        case .part(let part): .part(part.wire)
        case .accepted: .accepted(.init())
        case .damaged: .damaged(.init())
        case .failure(let reason): .error(reason)
        }
    }

    fileprivate init(_ body: Lockstep_DataReply.OneOf_Body) throws(WireError) {
        switch body {
        case .clip(let clip): self = .clip(label: Int(clip.label), checksum: clip.checksum)
        case .part(let part): self = .part(try StatePart(part))
        case .accepted: self = .accepted
        case .damaged: self = .damaged
        case .error(let reason): self = .failure(reason)
        }
    }
}

extension StatePart {
    fileprivate var wire: Lockstep_StatePart {
        .with {
            $0.name = name
            $0.offset = UInt64(offset)
            $0.total = UInt64(total)
            $0.checksum = checksum
            $0.upload = upload
        }
    }

    fileprivate init(_ part: Lockstep_StatePart) throws(WireError) {
        self.init(
            name: part.name, offset: try count(part.offset, "an offset"),
            total: try count(part.total, "a total"), checksum: part.checksum,
            upload: part.upload)
    }
}
