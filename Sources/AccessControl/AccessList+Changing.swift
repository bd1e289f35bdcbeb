import Foundation
import Synchronization
public import ZeroMQ

extension AccessList {
    /// How long a token that nobody used stays good.
    public static let usualLife: TimeInterval = 24 * 3600

    /// Makes a token.
    ///
    /// - Parameters:
    ///   - name: Nil takes the next free of `worker-1`, `worker-2` and so on.
    ///   - coordinator: The public key by which the worker knows the coordinator.
    ///   - life: Nil: for ever. It ends before the worker joins only; who has joined stays.
    public func issue(
        name: String?, for coordinator: CurveKey, address: String?, life: TimeInterval?,
        isReusable: Bool = false
    ) throws -> JoinToken {
        if let name { try Self.check(name: name) }
        let pair = try CurveKeyPair.random()
        return try change { (contents, now) throws(AccessError) in
            let taken = Set(contents.entries.map(\.name))
            if let name, taken.contains(name) {
                throw .name(
                    problem: "there is a token \(name) already: give the new one another name")
            }
            let free = (1...).lazy.map { "worker-\($0)" }.first { !taken.contains($0) }
            let chosen = name ?? free ?? ""
            let expires = life.map { now.addingTimeInterval($0) }
            let record = AccessRecord(
                time: now, kind: .issued, name: chosen, key: pair.publicKey.description,
                expires: expires, isReusable: isReusable)
            let end = expires.map { "until \($0.brief)" } ?? "without an end"
            let token = JoinToken(
                name: chosen, coordinator: coordinator, pair: pair, address: address,
                note: "\(isReusable ? "for any number of workers" : "for one worker"), \(end)")
            return ([record], token)
        }
    }

    /// Takes up a worker's own key, once for a token that is not reusable. Saying it again changes nothing.
    ///
    /// - Returns: The name by which the worker is let in.
    /// - Throws: `AccessError.spent` with the reason where the token is not good any more.
    public func enrol(
        _ key: CurveKey, by token: CurveKey, host: String
    ) throws(AccessError) -> String {
        try change { (contents, now) throws(AccessError) in
            guard let place = contents.places[token], contents.entries[place].key == token else {
                throw .spent(reason: "its key is no token of this coordinator's")
            }
            let entry = contents.entries[place]
            if entry.revoked == nil, entry.workers.contains(where: { $0.key == key }) {
                return ([], entry.name)
            }
            if let objection = entry.objection(at: now) { throw .spent(reason: objection) }
            guard contents.places[key] == nil else {
                throw .spent(reason: "the key that it brings is another worker's or a token's")
            }
            let record = AccessRecord(
                time: now, kind: .enrolled, name: entry.name, key: key.description,
                host: String(host.prefix(200)))
            return ([record], entry.name)
        }
    }

    /// Lets a token, and whoever came by it, in no more.
    public func revoke(_ name: String) throws(AccessError) {
        try change { (contents, now) throws(AccessError) in
            guard let entry = contents.entries.first(where: { $0.name == name }) else {
                let all = contents.entries.map(\.name).joined(separator: ", ")
                throw .name(
                    problem: "there is no token \(name); there are \(all.isEmpty ? "none" : all)")
            }
            guard entry.revoked == nil else { return ([], ()) }
            return ([AccessRecord(time: now, kind: .revoked, name: name)], ())
        }
    }

    private static func check(name: String) throws(AccessError) {
        let allowed = name.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || [45, 46, 95].contains(byte)
        }
        guard allowed, (1...64).contains(name.utf8.count) else {
            throw .name(
                problem: "a token's name has 1 to 64 letters, digits, dots, dashes and underscores")
        }
    }

    /// Reads, decides and appends while nobody else does.
    private func change<Value>(
        _ decide: (Contents, Date) throws(AccessError) -> ([AccessRecord], Value)
    ) throws(AccessError) -> Value {
        let descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system("cannot write", path) }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_EX) == 0 else { throw .system("cannot lock", path) }
        try refresh()
        let now = Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded(.down))
        let (records, value) = try decide(contents.withLock { $0 }, now)
        guard !records.isEmpty else { return value }
        try cutTornLine(descriptor)
        let bytes = try Self.encode(records, path: path)
        guard write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else {
            throw .system("cannot write", path)
        }
        try refresh()
        return value
    }

    /// What a writer left that was killed in the middle of a line.
    private func cutTornLine(_ descriptor: Int32) throws(AccessError) {
        guard let data = FileManager.default.contents(atPath: path), !data.isEmpty,
            data.last != UInt8(ascii: "\n")
        else { return }
        let whole = data.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        guard ftruncate(descriptor, off_t(whole)) == 0 else { throw .system("cannot write", path) }
    }

    private static func encode(
        _ records: [AccessRecord], path: String
    ) throws(AccessError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var bytes: [UInt8] = []
        for record in records {
            do {
                bytes += try encoder.encode(record)
            } catch {
                throw .malformed(path: path, problem: "cannot be written: \(error)")
            }
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes
    }
}
