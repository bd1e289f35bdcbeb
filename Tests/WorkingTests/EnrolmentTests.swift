import AccessControl
import Foundation
import Testing
import Wire
import ZeroMQ

@testable import Working

@Suite("Enrolment by a join token", .timeLimit(.minutes(1)))
struct EnrolmentTests {
    /// A coordinator's folder of keys, removed at the end, and one token.
    private final class Place {
        private let directory = NSTemporaryDirectory() + "enrolment-" + UUID().uuidString
        let keys: CoordinatorKeys
        let access: AccessList
        let token: JoinToken

        init() throws {
            keys = try CoordinatorKeys.make(in: directory)
            access = try AccessList(directory: directory)
            token = try access.issue(
                name: "a", for: keys.pair.publicKey, address: nil, life: 60)
        }

        func takeUp(_ key: CurveKey) throws {
            _ = try access.enrol(key, by: token.pair.publicKey, host: "h")
        }

        deinit {
            do { try FileManager.default.removeItem(atPath: directory) } catch { print(error) }
        }
    }

    /// A coordinator's control connection, as far as enrolment goes; it ends when nobody holds it.
    private struct Door {
        let endpoint: String
        private let router: Socket

        init(_ place: Place, at address: String = "tcp://127.0.0.1:*") throws(ZeroMQError) {
            let access = place.access
            let context = try Context()
            let admission = try PeerAdmission(context: context) { request in
                switch access.standing(of: request.key) {
                case .worker(let name), .token(let name): .admit(user: name)
                case .refused: .refuse
                }
            }
            var options = SocketOptions()
            options.curve = .server(place.keys.pair, domain: "control", admission: admission)
            router = try Socket(.router, in: context, options: options)
            endpoint = try router.bind(address)
        }

        /// Another where one is about to end: its sockets let the port go a moment after it.
        static func next(_ place: Place, at endpoint: String) throws -> Door {
            let deadline = ContinuousClock.now + .seconds(20)
            while true {
                do throws(ZeroMQError) {
                    return try Door(place, at: endpoint)
                } catch {
                    guard case .addressInUse = error, .now < deadline else { throw error }
                    sched_yield()
                }
            }
        }

        /// The next worker that asks: its connection and its key.
        func request() throws -> (peer: Message, key: CurveKey) {
            var poller = Poller()
            _ = poller.add(router, .readable)
            try poller.wait(timeout: .seconds(20))
            let frames = try #require(try router.tryReceive(), "nobody asks")
            let request = try EnrolmentRequest(serialized: frames[1].bytes)
            return (frames[0], try #require(CurveKey(request.key)))
        }

        func answer(_ peer: Message, _ answer: EnrolmentAnswer) throws {
            try router.send([peer, Message(try answer.serialized())])
        }
    }

    private func worker(
        _ token: JoinToken, at endpoint: String
    ) throws -> DedicatedThread<WorkerKeys> {
        try DedicatedThread(name: "worker") {
            var keys = try WorkerKeys(for: token, at: nil)
            try Enrolment.complete(&keys, with: token, at: endpoint)
            return keys
        }
    }

    /// A worker that has asked a coordinator which ended before it answered; `asked` is what that one did.
    private func cutOff(
        _ place: Place, asked: (CurveKey) throws -> Void
    ) throws -> (worker: DedicatedThread<WorkerKeys>, key: CurveKey, endpoint: String) {
        let door = try Door(place)
        let worker = try worker(place.token, at: door.endpoint)
        let key = try door.request().key
        try asked(key)
        return (worker, key, door.endpoint)
    }

    @Test(
        "goes on with the worker's own key where the coordinator took it up and ended before it answered"
    )
    func lostAnswer() throws {
        let place = try Place()
        let (worker, key, endpoint) = try cutOff(place) { try place.takeUp($0) }
        let keys = try withExtendedLifetime(Door.next(place, at: endpoint)) { try worker.join() }
        #expect(keys.pair.publicKey == key)
        #expect(place.access.standing(of: key) == .worker("a"))
    }

    @Test("asks again where the coordinator ended before it took the worker up")
    func lostRequest() throws {
        let place = try Place()
        let (worker, key, endpoint) = try cutOff(place) { _ in }
        let next = try Door.next(place, at: endpoint)
        let again = try next.request()
        #expect(again.key == key)
        try next.answer(again.peer, .enrolled(name: "a"))
        #expect(try worker.join().isEnrolled)
    }

    @Test("is refused, with a remedy, where the token was spent on another worker")
    func spent() throws {
        let place = try Place()
        try place.takeUp(CurveKeyPair.random().publicKey)
        let door = try Door(place)
        let worker = try worker(place.token, at: door.endpoint)
        let refusal = withExtendedLifetime(door) {
            #expect(throws: Enrolment.Refusal.self) { try worker.join() }
        }
        #expect("\(try #require(refusal))".contains("used by another worker"))
    }
}
