import SwiftProtobuf

import struct Foundation.Data

/// What a worker that has nothing but a join token asks: that a public key of its own be taken up.
public struct EnrolmentRequest: Equatable, Sendable {
    /// 32 bytes.
    public var key: [UInt8]
    /// Of the worker, for people.
    public var host: String

    public init(key: [UInt8], host: String) {
        self.key = key
        self.host = host
    }

    public func serialized() throws(WireError) -> [UInt8] {
        try Wire.serialized(
            Lockstep_Enrol.with {
                $0.key = Data(key)
                $0.host = host
            })
    }

    /// - Throws: `WireError` where the bytes are no such message.
    public init(serialized bytes: [UInt8]) throws(WireError) {
        let message: Lockstep_Enrol = try parsed(bytes)
        guard message.key.count == 32 else {
            throw .malformed("a key of \(message.key.count) bytes")
        }
        // It is shown to people: no control characters, and no more than fits a line.
        let host = message.host.unicodeScalars.prefix(64).map {
            (32...126).contains($0.value) ? $0 : "?"
        }
        self.init(key: Array(message.key), host: String(String.UnicodeScalarView(host)))
    }
}

/// The answer.
public enum EnrolmentAnswer: Equatable, Sendable {
    /// - Parameter name: By which the worker is let in from now on.
    case enrolled(name: String)
    case refused(reason: String)

    public func serialized() throws(WireError) -> [UInt8] {
        try Wire.serialized(
            Lockstep_Enrolled.with {
                switch self {
                case .enrolled(let name):
                    $0.accepted = true
                    $0.text = name
                case .refused(let reason):
                    $0.text = reason
                }
            })
    }

    /// - Throws: `WireError` where the bytes are no such message.
    public init(serialized bytes: [UInt8]) throws(WireError) {
        let message: Lockstep_Enrolled = try parsed(bytes)
        self =
            message.accepted ? .enrolled(name: message.text) : .refused(reason: message.text)
    }
}
