import AccessControl
import Foundation
import Testing
import ZeroMQ

@Suite("Files of secrets")
final class SecretFileTests {
    private let folder = NSTemporaryDirectory() + "secrets-" + UUID().uuidString

    init() throws {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
    }

    deinit {
        do { try FileManager.default.removeItem(atPath: folder) } catch { print(error) }
    }

    private func mode(_ path: String) throws -> Int {
        try #require(
            try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }

    @Test("keys are for their owner alone, and are read as they were made")
    func keys() throws {
        let made = try CoordinatorKeys.make(in: folder + "/keys")
        #expect(try mode(folder + "/keys") == 0o700)
        #expect(try mode(folder + "/keys/coordinator.key") == 0o600)
        #expect(try CoordinatorKeys(directory: folder + "/keys").pair == made.pair)
    }

    @Test("nothing overwrites keys or a token")
    func overwriting() throws {
        let made = try CoordinatorKeys.make(in: folder)
        #expect(throws: AccessError.self) { try CoordinatorKeys.make(in: self.folder) }
        #expect(try CoordinatorKeys(directory: folder).pair == made.pair)
        let token = JoinToken(
            name: "a", coordinator: made.pair.publicKey, pair: try .random(), address: nil, note: ""
        )
        try token.write(to: folder + "/t")
        #expect(throws: AccessError.self) { try token.write(to: self.folder + "/t") }
    }

    @Test("keys that everyone can read are refused, and so are damaged ones")
    func exposed() throws {
        _ = try CoordinatorKeys.make(in: folder)
        let path = folder + "/coordinator.key"
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        #expect(throws: AccessError.exposed(path: path)) {
            try CoordinatorKeys(directory: self.folder)
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let other = try CurveKeyPair.random().secretKey.description
        let changed = text.split(separator: "\n").map {
            $0.hasPrefix("secret ") ? "secret \(other)" : String($0)
        }.joined(separator: "\n")
        try changed.write(toFile: path, atomically: false, encoding: .utf8)
        #expect(throws: AccessError.self) { try CoordinatorKeys(directory: self.folder) }
    }

    @Test("a token is read as it was written, with and without an address")
    func token() throws {
        let keys = try CoordinatorKeys.make(in: folder)
        for address in ["tcp://10.0.0.1:5555", nil] {
            let token = JoinToken(
                name: "gpu-3", coordinator: keys.pair.publicKey, pair: try .random(),
                address: address, note: "for one worker")
            let path = folder + "/" + UUID().uuidString
            try token.write(to: path)
            let read = try JoinToken(contentsOf: path)
            #expect(read.name == "gpu-3" && read.coordinator == keys.pair.publicKey)
            #expect(read.pair == token.pair && read.address == address)
        }
        #expect(throws: AccessError.self) { try JoinToken(contentsOf: self.folder + "/none") }
        #expect(throws: AccessError.self) {
            try JoinToken(contentsOf: self.folder + "/coordinator.key")
        }
    }

    @Test("a worker keeps its keys beside its token, and draws new ones for another coordinator's")
    func worker() throws {
        let keys = try CoordinatorKeys.make(in: folder)
        let path = folder + "/t"
        let token = JoinToken(
            name: "a", coordinator: keys.pair.publicKey, pair: try .random(), address: nil, note: ""
        )
        var first = try WorkerKeys(for: token, at: path)
        #expect(first.isNew && !first.isEnrolled)
        #expect(try mode(path + ".key") == 0o600)
        try first.enrolled()
        let second = try WorkerKeys(for: token, at: path)
        #expect(second.pair == first.pair && second.isEnrolled && !second.isNew)
        let other = JoinToken(
            name: "a", coordinator: try CurveKeyPair.random().publicKey, pair: try .random(),
            address: nil, note: "")
        #expect(try WorkerKeys(for: other, at: path).isNew)
    }

    @Test("keys as text are forty characters, and anything else is none")
    func text() throws {
        let pair = try CurveKeyPair.random()
        #expect(CurveKey(text: pair.publicKey.description) == pair.publicKey)
        #expect(try CurveKeyPair(secretKey: pair.secretKey) == pair)
        #expect(CurveKey(text: "") == nil)
        #expect(CurveKey(text: String(repeating: "é", count: 20)) == nil)
        #expect(CurveKey(text: String(repeating: "~", count: 40)) == nil)
        #expect(CurveKey([UInt8](repeating: 0, count: 31)) == nil)
    }
}
