import Foundation
import Synchronization
import ZeroMQ

extension AccessList {
    /// Reads the file again if it has changed: one call of the system where it has not.
    ///
    /// - Returns: Whether it had changed.
    /// - Throws: `AccessError`; what was read before still counts then.
    @discardableResult
    public func refresh() throws(AccessError) -> Bool {
        let stamp = Self.stamp(of: path)
        guard stamp != contents.withLock({ $0.stamp }) else { return false }
        var fresh = try read()
        // Taken before: what is appended meanwhile is read next time.
        fresh.stamp = stamp
        contents.withLock { $0 = fresh }
        return true
    }

    private static func stamp(of path: String) -> Stamp {
        var status = stat()
        guard stat(path, &status) == 0 else { return Stamp(size: 0) }
        return Stamp(
            size: Int(status.st_size), seconds: status.st_mtim.tv_sec,
            nanoseconds: status.st_mtim.tv_nsec)
    }

    private func read() throws(AccessError) -> Contents {
        var contents = Contents()
        guard let data = FileManager.default.contents(atPath: path) else {
            if access(path, F_OK) == 0 { throw .system("cannot read", path) }
            return contents
        }
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        // A line without an end is being written, or its writer was killed: it does not count.
        let whole = data.lastIndex(of: UInt8(ascii: "\n")).map { data[...$0] } ?? Data()
        for (index, line) in whole.split(separator: UInt8(ascii: "\n")).enumerated() {
            do {
                try Self.apply(try decoder.decode(AccessRecord.self, from: line), to: &contents)
            } catch {
                throw .malformed(
                    path: path,
                    problem: "has a line \(index + 1) that is no record: restore the file, or make "
                        + "new keys and tokens")
            }
        }
        return contents
    }

    private struct Unfit: Error {}

    private static func apply(_ record: AccessRecord, to contents: inout Contents) throws {
        let place = contents.entries.firstIndex { $0.name == record.name }
        switch record.kind {
        case .issued:
            guard place == nil, let key = record.key.flatMap({ CurveKey(text: $0) }) else {
                throw Unfit()
            }
            contents.places[key] = contents.entries.count
            contents.entries.append(
                Entry(
                    name: record.name, key: key, issued: record.time, expires: record.expires,
                    isReusable: record.isReusable ?? false))
        case .enrolled:
            guard let place, let key = record.key.flatMap({ CurveKey(text: $0) }) else {
                throw Unfit()
            }
            contents.places[key] = place
            contents.entries[place].workers.append((key, record.host ?? "", record.time))
        case .revoked:
            guard let place else { throw Unfit() }
            contents.entries[place].revoked = record.time
        }
    }
}
