import Foundation
import Testing
import TrainingProtocol

@Suite("Journal records")
struct JournalRecordTests {
    @Test("every record is a flat object that says what it is, and comes back as it was")
    func roundTrip() throws {
        let commit = CommitEntry(
            step: Step(3), epoch: Epoch(0), generation: Generation(2),
            digest: Digest(high: 1, low: .max), loss: 0.1 + 0.2,
            samples: [SampleID(4), SampleID(0)], chain: Digest(high: 2, low: 3)
        )
        let member = MemberEntry(worker: WorkerID(1), host: "node", slots: SlotSet([0, 1, 3]))
        let records: [JournalRecord] = [
            .opened(
                term: Term(1), run: RunID(5), state: Step(0), dataset: Digest(high: 3, low: 4)),
            .pinned(profile: [ProfileEntry(name: "kernels", value: "1")]),
            .began(
                generation: Generation(1), state: Step(0), members: [member], takesOver: false,
                reason: "the run begins"),
            .began(
                generation: Generation(2), state: Step(0), members: [], takesOver: nil,
                reason: "of an older journal"),
            .committed(commit), .saved(step: Step(3)),
            .lost(worker: WorkerID(1), reason: "killed"),
            .stopped(state: Step(3), reason: "interrupted"), .completed(state: Step(6)),
        ]
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        for record in records {
            let data = try encoder.encode(record)
            #expect(try JSONDecoder().decode(JournalRecord.self, from: data) == record)
        }
        let text = String(decoding: try encoder.encode(records[4]), as: UTF8.self)
        #expect(
            text
                == #"{"chain":"00000000000000020000000000000003","digest":"0000000000000001ffffffffffffffff","epoch":0,"generation":2,"#
                + #""loss":0.30000000000000004,"record":"committed","samples":[4,0],"step":3}"#)
    }
}
