import Testing
import TrainingProtocol

@testable import Coordinating

@Suite("What is said of a run while it goes on")
struct ReportTextTests {
    private let progress = ProgressText(
        parts: [
            .init("step 12/60", short: "12/60"), .init("00:48 left"),
            .init("loss 2.4706", short: "loss 2.47"), .init("accuracy 25.0 %", short: "acc 25 %"),
            .init("128.3 clips/s", short: "128 clips/s"), .init("2 workers", short: "2 w"),
            .init("val 33.3 %", short: "val 33 %"), .init("epoch 3/9"),
        ], share: 0.5, leastImportant: [7, 6, 5, 3, 4, 2, 1])

    @Test("a progress line has everything in words where there is room, and is short elsewhere")
    func widths() {
        #expect(
            progress.fitted(to: 140)
                == "step 12/60  ████████░░░░░░░░  00:48 left  loss 2.4706  accuracy 25.0 %  128.3 clips/s"
                + "  2 workers  val 33.3 %  epoch 3/9")
        #expect(
            progress.fitted(to: 79)
                == "12/60  █████░░░░░░  00:48 left  loss 2.47  acc 25 %  128 clips/s  2 w  val 33 %"
        )
        #expect(progress.fitted(to: 30) == "12/60  █████░░░░░░  00:48 left")
    }

    @Test("a progress line never wraps, however narrow the terminal")
    func neverWraps() {
        for columns in 0...160 { #expect(progress.fitted(to: columns).count <= columns) }
    }

    private func entry(_ worker: UInt64, _ slots: Range<Int>...) -> MemberEntry {
        MemberEntry(worker: WorkerID(worker), host: "vm", slots: SlotSet(ranges: slots))
    }

    @Test("a loss is one line: who, when, why, and who takes the slots")
    func loss() {
        var notice = LossNotice()
        notice.lost(WorkerID(2), "its connection closed")
        notice.aborted(Step(128), lostSlots: SlotSet(2..<4), text: "")
        let members = [entry(1, 0..<2), entry(2, 2..<4), entry(3, 4..<6)]
        let text = notice.take(
            members: members, after: [entry(1, 0..<3), entry(3, 3..<6)])
        #expect(
            text
                == "worker 2 (vm) is lost in step 128: its connection closed; dealt again: slot 2 to worker 1, slot 3 to "
                + "worker 3; what the others have of the step is kept")
        #expect(notice.take(members: members, after: nil) == nil, "it is said once")
    }

    @Test("several losses at once are one line, and one of a worker without slots costs nothing")
    func losses() {
        var notice = LossNotice()
        notice.lost(WorkerID(2), "its connection closed")
        notice.lost(WorkerID(3), "its connection closed")
        let members = [entry(2), entry(3)]
        #expect(
            notice.take(members: members, after: nil)
                == "workers 2 (vm), 3 (vm) are lost: its connection closed")
        notice.lost(WorkerID(2), "killed by signal 9")
        notice.aborted(Step(128), lostSlots: SlotSet(), text: "")
        #expect(
            notice.take(members: members, after: [entry(3)])
                == "worker 2 (vm) is lost in step 128: killed by signal 9; it held no slots, and the step "
                + "goes on")
    }
}
