import Synchronization
import Testing
import ZeroMQ

@Suite("messages")
struct MessageTests {
    @Test("bytes and text come out as they went in", arguments: [0, 1, 32, 33, 34, 5000])
    func roundTrip(count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let message = Message(bytes)
        #expect(message.count == count)
        #expect(message.bytes == bytes)
        #expect(Message("żółw").text == "żółw")
        #expect(Message([0xFF, 0xFE]).text == nil)
    }

    @Test("lent memory is sent without a copy and released once, after the last user")
    func lending() throws {
        let context = try Context()
        let (pull, push) = try connectedPair(
            .pull, .push, in: context, endpoint: Endpoints.inproc())
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 100_000, alignment: 64)
        memory.initializeMemory(as: UInt8.self, repeating: 7)
        let released = try Mailbox<Void>()
        let source = UInt(bitPattern: memory.baseAddress)
        do {
            let message = Message(lending: UnsafeRawBufferPointer(memory)) { released.send(()) }
            try push.send([message])
            try push.send([message])
        }
        for _ in 0..<2 {
            #expect(released.tryReceive() == nil)
            let frame = try #require(try pull.receive().first)
            #expect(frame.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) } == source)
        }
        #expect(released.receive(timeout: .seconds(10)) != nil)
        #expect(released.tryReceive() == nil)
        memory.deallocate()
    }

    @Test("one message is sent by many threads at once")
    func sharedBetweenThreads() throws {
        let context = try Context()
        let pull = try Socket(.pull, in: context)
        let endpoint = Endpoints.inproc()
        try pull.bind(endpoint)
        let message = Message([UInt8](repeating: 9, count: 4096))
        let threads = try (0..<4).map { index in
            try DedicatedThread<Void>(name: "sender-\(index)") {
                let push = try Socket(.push, in: context)
                try push.connect(endpoint)
                for _ in 0..<250 { try push.send([message]) }
            }
        }
        for _ in 0..<1000 { #expect(try pull.receive().first?.bytes == message.bytes) }
        for thread in threads { try thread.join() }
    }
}
