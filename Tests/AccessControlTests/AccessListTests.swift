import AccessControl
import Foundation
import Testing
import ZeroMQ

@Suite("Who may connect")
struct AccessListTests {
    /// Keys in a folder of their own, removed at the end.
    private final class Place {
        let directory = NSTemporaryDirectory() + "access-" + UUID().uuidString
        let keys: CoordinatorKeys

        init() throws { keys = try CoordinatorKeys.make(in: directory) }

        func list() throws -> AccessList { try AccessList(directory: directory) }

        func issue(_ name: String? = nil, life: TimeInterval? = 60, isReusable: Bool = false)
            throws -> JoinToken
        {
            try list().issue(
                name: name, for: keys.pair.publicKey, address: nil, life: life,
                isReusable: isReusable)
        }

        deinit {
            do { try FileManager.default.removeItem(atPath: directory) } catch { print(error) }
        }
    }

    private func key() throws -> CurveKey { try CurveKeyPair.random().publicKey }

    @Test("a token takes up one worker, whose key is let in then, and the token's is not any more")
    func once() throws {
        let place = try Place()
        let token = try place.issue("a")
        let list = try place.list()
        let worker = try key()
        #expect(list.standing(of: token.pair.publicKey) == .token("a"))
        #expect(try list.enrol(worker, by: token.pair.publicKey, host: "h") == "a")
        #expect(list.standing(of: worker) == .worker("a"))
        guard case .refused(let reason) = list.standing(of: token.pair.publicKey) else {
            Issue.record("a used token is good")
            return
        }
        #expect(reason.contains("was used") && reason.contains("h"))
    }

    @Test("an enrolment that is said again changes nothing, and another worker's is refused")
    func replay() throws {
        let place = try Place()
        let token = try place.issue("a").pair.publicKey
        let list = try place.list()
        let worker = try key()
        _ = try list.enrol(worker, by: token, host: "h")
        #expect(try list.enrol(worker, by: token, host: "h") == "a")
        #expect(throws: AccessError.self) { try list.enrol(try key(), by: token, host: "thief") }
        #expect(list.entries[0].workers.count == 1)
    }

    @Test("a reusable token takes up any number")
    func reusable() throws {
        let place = try Place()
        let token = try place.issue("job", isReusable: true).pair.publicKey
        let list = try place.list()
        for _ in 0..<3 { _ = try list.enrol(try key(), by: token, host: "h") }
        #expect(list.standing(of: token) == .token("job"))
        #expect(list.entries[0].workers.count == 3)
    }

    @Test("a token that expired lets nobody in, and whoever came by it before stays")
    func expired() throws {
        let place = try Place()
        let token = try place.issue("a", isReusable: true).pair.publicKey
        let list = try place.list()
        let worker = try key()
        _ = try list.enrol(worker, by: token, host: "h")
        let later = Date(timeIntervalSinceNow: 120)
        guard case .refused(let reason) = list.standing(of: token, at: later) else {
            Issue.record("an expired token is good")
            return
        }
        #expect(reason.contains("expired"))
        #expect(list.standing(of: worker, at: later) == .worker("a"))
    }

    @Test("what one process appends another sees: revoked workers and tokens are out")
    func revoked() throws {
        let place = try Place()
        let token = try place.issue("a").pair.publicKey
        let unused = try place.issue("b").pair.publicKey
        let coordinator = try place.list()
        let worker = try key()
        _ = try coordinator.enrol(worker, by: token, host: "h")
        #expect(try !coordinator.refresh())
        try place.list().revoke("a")
        try place.list().revoke("b")
        #expect(try coordinator.refresh())
        #expect(coordinator.isRevoked("a"))
        for key in [worker, token, unused] {
            guard case .refused(let reason) = coordinator.standing(of: key) else {
                Issue.record("a revoked key is good")
                continue
            }
            #expect(reason.contains("revoked"))
        }
        #expect(throws: AccessError.self) { try place.list().revoke("c") }
    }

    @Test("a stranger's key, a worker's and a token's enrol nobody")
    func strangers() throws {
        let place = try Place()
        let token = try place.issue("a").pair.publicKey
        let list = try place.list()
        let worker = try key()
        _ = try list.enrol(worker, by: token, host: "h")
        for other in [try key(), worker] {
            #expect(throws: AccessError.self) { try list.enrol(try key(), by: other, host: "h") }
        }
        let second = try place.issue("b").pair.publicKey
        #expect(throws: AccessError.self) { try list.enrol(worker, by: second, host: "h") }
    }

    @Test("a line that its writer was killed in does not count, and the next takes its place")
    func torn() throws {
        let place = try Place()
        let token = try place.issue("a").pair.publicKey
        let path = place.directory + "/access.jsonl"
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(#"{"kind":"revo"#.utf8))
        try handle.close()
        #expect(try place.list().standing(of: token) == .token("a"))
        _ = try place.issue("b")
        #expect(try place.list().entries.map(\.name) == ["a", "b"])
    }

    @Test("a damaged list lets nobody in")
    func damaged() throws {
        let place = try Place()
        _ = try place.issue("a")
        try Data("{}\n".utf8).write(to: URL(fileURLWithPath: place.directory + "/access.jsonl"))
        #expect(throws: AccessError.self) { try place.list() }
    }

    @Test("names are given in turn, and never twice")
    func names() throws {
        let place = try Place()
        #expect(try place.issue().name == "worker-1")
        #expect(try place.issue().name == "worker-2")
        #expect(throws: AccessError.self) { try place.issue("worker-2") }
        #expect(throws: AccessError.self) { try place.issue("../x") }
    }
}
