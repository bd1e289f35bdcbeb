import Testing
import ZeroMQ

@Suite("mailboxes, pollers and threads")
struct MailboxTests {
    @Test("a mailbox wakes a poller that also waits for a socket")
    func wakesPoller() throws {
        let context = try Context()
        let pull = try Socket(.pull, in: context)
        try pull.bind("tcp://127.0.0.1:*")
        let mailbox = try Mailbox<Int>()
        var poller = Poller()
        let socket = poller.add(pull, .readable)
        let orders = poller.add(mailbox)
        #expect(try poller.wait(timeout: .zero) == 0)
        let thread = try DedicatedThread<Void>(name: "sender") { mailbox.send(42) }
        #expect(try poller.wait(timeout: .seconds(10)) == 1)
        #expect(poller.isReady(orders))
        #expect(!poller.isReady(socket))
        #expect(mailbox.drain() == [42])
        #expect(try poller.wait(timeout: .zero) == 0)
        try thread.join()
    }

    @Test("elements keep their order, and none is lost between drain and receive")
    func order() throws {
        let mailbox = try Mailbox<Int>()
        let thread = try DedicatedThread<Void>(name: "sender") {
            for value in 0..<10_000 { mailbox.send(value) }
        }
        var received: [Int] = []
        while received.count < 10_000 {
            let value = try #require(mailbox.receive(timeout: .seconds(10)))
            received.append(value)
            if value % 3 == 0 { received += mailbox.drain() }
        }
        #expect(received == Array(0..<10_000))
        #expect(mailbox.receive(timeout: .milliseconds(1)) == nil)
        try thread.join()
    }

    @Test("a poller tells which socket is readable and which writable")
    func pollsSockets() throws {
        let context = try Context()
        let (pull, push) = try connectedPair(
            .pull, .push, in: context, endpoint: Endpoints.inproc())
        var poller = Poller()
        let incoming = poller.add(pull, .readable)
        let outgoing = poller.add(push, .writable)
        try poller.wait(timeout: .seconds(10))
        #expect(poller.isReady(outgoing, .writable))
        #expect(!poller.isReady(incoming))
        try push.send([Message("x")])
        poller.setInterest(outgoing, [])
        try poller.wait(timeout: .seconds(10))
        #expect(poller.isReady(incoming, .readable))
        #expect(!poller.isReady(outgoing))
    }

    @Test("a thread returns its value, or throws its error, as often as it is asked")
    func threadResult() throws {
        let fine = try DedicatedThread<Int>(name: "a name longer than fifteen bytes") { 6 * 7 }
        #expect(try fine.join() == 42)
        #expect(try fine.join() == 42)
        let failing = try DedicatedThread<Int>(name: "fails") {
            throw ZeroMQError.wouldBlock(attempt: "test")
        }
        #expect(throws: ZeroMQError.wouldBlock(attempt: "test")) { try failing.join() }
    }
}
