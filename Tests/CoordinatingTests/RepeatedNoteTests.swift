import Testing

@testable import Coordinating

@Suite("What anyone can cause any number of times")
struct RepeatedNoteTests {
    @Test("is told a few times, and then now and again with the number of those left out")
    func flood() {
        var notes = RepeatedNote()
        let start = ContinuousClock.now
        let told = (0..<1000).compactMap { index in
            notes.note("bad", at: start + .milliseconds(index))
        }
        #expect(told == Array(repeating: "bad", count: 10))
        #expect(notes.note("bad", at: start + .seconds(6)) == "bad (and 990 more since)")
        #expect(notes.note("worse", at: start + .seconds(6)) == "worse")
    }
}
