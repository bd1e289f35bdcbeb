import Foundation
import Synchronization
public import ZeroMQ

/// Who may connect to a coordinator: tokens that were made, the workers that came by them, and who is out again.
///
/// It is a file that only grows, `access.jsonl` beside the keys. Commands append to it while a coordinator runs,
/// under a lock, and the coordinator reads it again when it has changed.
public final class AccessList: Sendable {
    /// A token and what became of it.
    public struct Entry: Sendable {
        public let name: String
        let key: CurveKey
        public let issued: Date
        public let expires: Date?
        public let isReusable: Bool
        public internal(set) var workers: [(key: CurveKey, host: String, time: Date)] = []
        public internal(set) var revoked: Date?

        /// Why it takes up no other worker; nil where it does.
        func objection(at now: Date) -> String? {
            if let revoked { return "token \(name) was revoked on \(revoked.brief)" }
            if !isReusable, let first = workers.first {
                return "token \(name) was used on \(first.time.brief) by a worker of "
                    + "\(first.host), and lets in one worker only"
            }
            if let expires, expires <= now { return "token \(name) expired on \(expires.brief)" }
            return nil
        }
    }

    /// What a key is good for.
    public enum Standing: Equatable, Sendable {
        /// A worker that has been taken up, by the token of this name.
        case worker(String)
        /// A token that was not used yet.
        case token(String)
        case refused(reason: String)
    }

    struct Contents {
        var entries: [Entry] = []
        /// Of tokens and of workers: the entry.
        var places: [CurveKey: Int] = [:]
        var stamp = Stamp()
    }

    /// Changes whenever the file does.
    struct Stamp: Equatable {
        var size = -1
        var seconds = 0
        var nanoseconds = 0
    }

    let path: String
    let contents = Mutex(Contents())

    /// - Parameter directory: Of the keys. A list that is not there is empty.
    public init(directory: String) throws(AccessError) {
        path = "\(directory)/access.jsonl"
        _ = try refresh()
    }

    public var entries: [Entry] { contents.withLock { $0.entries } }

    /// What a key is good for, as of the last `refresh`.
    public func standing(of key: CurveKey, at now: Date = Date()) -> Standing {
        contents.withLock { contents in
            guard let place = contents.places[key] else {
                return .refused(reason: "its key is on no list of this coordinator's")
            }
            let entry = contents.entries[place]
            if key == entry.key {
                return entry.objection(at: now).map { .refused(reason: $0) } ?? .token(entry.name)
            }
            if let revoked = entry.revoked {
                return .refused(reason: "\(entry.name) was revoked on \(revoked.brief)")
            }
            return .worker(entry.name)
        }
    }

    /// Whether the workers of a token are out again, as of the last `refresh`.
    public func isRevoked(_ name: String) -> Bool {
        contents.withLock { contents in
            contents.entries.contains { $0.name == name && $0.revoked != nil }
        }
    }
}

extension Date {
    /// As `2026-11-28 19:30:00 UTC`.
    public var brief: String {
        formatted(
            .iso8601.year().month().day().dateSeparator(.dash).dateTimeSeparator(.space)
                .time(includingFractionalSeconds: false).timeSeparator(.colon)) + " UTC"
    }
}
