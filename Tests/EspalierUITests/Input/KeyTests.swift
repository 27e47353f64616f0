import EspalierUI
import Testing

@Suite struct KeyTests {
  static let spellings: [(String, Key)] = [
    ("j", .character("j")), ("G", .character("G")), ("]", .character("]")),
    ("-", .character("-")), ("漢", .character("漢")), ("Space", .character(" ")),
    ("C-d", .control("d")), ("C-Space", .control(" ")), ("C-]", .control("]")),
    ("M-x", .alt("x")), ("M-X", .alt("X")), ("M--", .alt("-")),
    ("C-M-a", Key(.character("a"), [.control, .alt])),
    ("Up", .up), ("S-Up", Key(.up, .shift)), ("C-Left", Key(.left, .control)),
    ("M-Right", Key(.right, .alt)),
    ("C-S-End", Key(.end, [.control, .shift])), ("Home", .home), ("End", .end), ("PgUp", .pageUp),
    ("PgDn", .pageDown),
    ("Insert", .insert), ("Delete", .delete), ("Backspace", .backspace), ("Enter", .enter),
    ("Tab", .tab), ("BackTab", .backTab), ("Esc", .escape), ("M-Enter", Key(.enter, .alt)),
    ("F1", .function(1)), ("F12", .function(12)), ("S-F5", Key(.function(5), .shift)),
  ]

  @Test(arguments: spellings) func readsAndPrints(spelling: String, key: Key) {
    #expect(Key(spelling) == key)
    #expect(key.description == spelling)
  }

  @Test(arguments: [
    ("c-D", Key.control("d")), ("C-D", .control("d")), ("m-x", .alt("x")), ("up", .up),
    ("PAGEUP", .pageUp), ("pagedown", .pageDown), ("escape", .escape), ("return", .enter),
    ("S-Tab", .backTab), ("f5", .function(5)), ("del", .delete), ("C-@", .control(" ")),
    // The same bytes for the terminal, so the same key.
    ("C-i", .tab), ("C-m", .enter), ("C-j", .enter), ("C-h", .backspace), ("C-[", .escape),
  ])
  func readsOtherSpellings(spelling: String, key: Key) {
    #expect(Key(spelling) == key)
  }

  @Test(arguments: [
    "", " ", "C-", "M-", "C-M-", "ab", "F0", "F13", "F01", "F+1", "Hyper", "C-1", "S-a", "C-é",
    "C-C-a", "\t", "\u{1b}", "e\u{301}",
  ])
  func refuses(spelling: String) {
    #expect(Key(spelling) == nil)
  }

  @Test func readsSequences() {
    #expect(Key.sequence("z o") == [.character("z"), .character("o")])
    #expect(Key.sequence("]") == [.character("]")])
    #expect(Key.sequence("  C-x   C-s ") == [.control("x"), .control("s")])
    #expect(Key.sequence("z zz") == nil)
    #expect(Key.sequence(" ") == nil)
  }

  @Test func printsEveryKeyOfTheKeyboardReadably() {
    var codes: [Key.Code] = [
      .up, .down, .left, .right, .home, .end, .pageUp, .pageDown, .insert, .delete,
      .backspace, .enter, .tab, .escape,
    ]
    codes += (1...12).map { .function($0) }
    codes += (0x20..<0x7f).compactMap { Unicode.Scalar($0).map { .character($0) } }
    for code in codes {
      for modifiers in [[], .alt] as [Modifiers] {
        let key = Key(code, modifiers)
        #expect(Key(key.description) == key)
      }
    }
    for letter in "abcdefghijklmnopqrstuvwxyz".unicodeScalars {
      #expect(Key(Key.control(letter).description) == Key.control(letter))
    }
  }

  @Test func typesOnlyPlainCharacters() {
    #expect(Key.character("a").typed == "a")
    #expect(Key.control("a").typed == nil)
    #expect(Key.alt("a").typed == nil)
    #expect(Key.enter.typed == nil)
  }
}
