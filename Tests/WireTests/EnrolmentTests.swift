import Testing
import Wire

@Suite("Enrolments")
struct EnrolmentTests {
    @Test("are read as they were written")
    func roundTrip() throws {
        let request = EnrolmentRequest(key: Array(0..<32), host: "node-1")
        #expect(try EnrolmentRequest(serialized: request.serialized()) == request)
        for answer in [EnrolmentAnswer.enrolled(name: "a"), .refused(reason: "used")] {
            #expect(try EnrolmentAnswer(serialized: answer.serialized()) == answer)
        }
    }

    @Test("without a whole key, or of nonsense, are none; a host's name is fit to be shown")
    func nonsense() throws {
        for count in [0, 31, 33, 5000] {
            let request = EnrolmentRequest(key: [UInt8](repeating: 1, count: count), host: "h")
            #expect(throws: WireError.self) {
                try EnrolmentRequest(serialized: request.serialized())
            }
        }
        #expect(throws: WireError.self) { try EnrolmentRequest(serialized: [255, 255, 255]) }
        let long = EnrolmentRequest(
            key: Array(0..<32), host: "a\nb\u{1b}[31m" + String(repeating: "x", count: 10_000))
        let host = try EnrolmentRequest(serialized: long.serialized()).host
        #expect(host.hasPrefix("a?b?[31mx") && host.count == 64)
    }
}
