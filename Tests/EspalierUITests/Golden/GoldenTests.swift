import EspalierTree
import Testing

@testable import EspalierUI

/// Whole screens, as text. A change of look changes these; look at them before you accept it.
@Suite struct GoldenTests {
  private func troubled(_ width: Int, _ height: Int, _ script: String) throws -> String {
    let (a, b) = try troubledPair()
    var harness = Harness(a, b, width: width, height: height)
    harness.press(script)
    return harness.screen
  }

  private func single() throws -> String {
    var harness = Harness(try troubledPair().destination, nil, width: 80, height: 24)
    harness.press("3 j")
    return harness.screen
  }

  private func hostile() throws -> String {
    let long = String(repeating: "very_long_name_", count: 8)
    let left = try tree("漢字の層.重み F32 [2, 3]\n\(long).w F32 [1]\n\u{1b}[31mred F32 [4]")
    let right = try tree("漢字の層.重み F32 [2, 3]\n\(long).w F32 [2]")
    var harness = Harness(left, right, width: 80, height: 24)
    harness.press("e")
    return harness.screen
  }
  @Test func wideOnAnIssue() throws {
    let screen = try troubled(120, 32, "] ] ]")
    #expect(
      screen == """
         destination  model.safetensors                            ← source  trained.pt
         safetensors · 15 arrays · 163.8 k parameters · 655.3 kB     pytorch · 15 arrays · 228.3 k parameters · 913.0 kB
         a load fills  ███████████████████░░░░░░░░░░░░░  10 of 15 arrays, 59 % of parameters            strict load: ✗ 7 issues
        ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
         │ │ │ │   bias                                      false ∅ │ │ │ │   bias                 F32                     64
         │ │ ▾ mlp                                                   │ │ ▾ mlp
         │ │ │ ▾ up                                                  │ │ │ ▾ up                                                ▐
         │ │ │ │   weight               F32                 256×64 ≠ │ │ │ │   weight               F32                 512×64 ▐
         │ │ │ ▾ down                                                │ │ │ ▾ down                                              ▐
         │ │ │ │   weight               F32                 64×256 ≠ │ │ │ │   weight               F32                 64×512 ▐
         │ │ ▾ norm                                                  │ │ ▾ norm                                                ▐
         │ │ │   weight                 F32                     64 ~ │ │ │   weight                 F16                     64 ▐
         │ ▾ 1                                                       │ ▾ 1                                                     ▐
         │ │ ▾ attn                                                  │ │ ▾ attn                                                ▐
         │ │ │ ▾ qkv                                                 │ │ │ ▾ qkv                                               ▐
         │ │ │ │   bias                 F32                    192 ∅ │ │ │ │   bias                                      false ▐
         │ │ │ ▾ proj                                                │ │ │ ▾ proj
         │ │ │ │   bias                                      false <           ···
         │ │ ▾ mlp                                                   │ │ ▾ mlp
         │ │ │ ▾ up                                                  │ │ │ ▾ up
         │ │ │ │   weight               F32                 256×64 ≠ │ │ │ │   weight               F32                 512×64
        ── row ───────────────────────────────────────────────────────────┬─ why 1 of 5 ────────────────────────────────────────
         encoder.1.attn.proj.bias                                         │ ● 4 arrays have another shape in the source
         only in the destination: a strict load stops here, a lenient one │   encoder.0.mlp.up.weight,
         keeps it                                                         │   encoder.0.mlp.down.weight
         destination                      source                          │   a lenient load keeps the destination's values; s
         false: an inactive parameter     nothing here                    │   leaves a row out
                                                                          │ ○ 1 array will be converted to the destination's
                                                                          │   type
                                                                          │ ● 2 leaves of the destination are missing in the
                                                                          │   source
         Enter fold  ] issue  c why  / search  f filter  e equal  L load  ? help   row 18 of 27 · issue 3 of 7 · 9 equal hidden
        """)
  }

  @Test func wideFolded() throws {
    let screen = try troubled(120, 32, "e -")
    #expect(
      screen == """
         destination  model.safetensors                            ← source  trained.pt
         safetensors · 15 arrays · 163.8 k parameters · 655.3 kB     pytorch · 15 arrays · 228.3 k parameters · 913.0 kB
         a load fills  ███████████████████░░░░░░░░░░░░░  10 of 15 arrays, 59 % of parameters            strict load: ✗ 7 issues
        ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
         ▸ embed                       1 array · 64.0 k · 256.0 kB = ▸ embed                       1 array · 64.0 k · 256.0 kB
         ▸ encoder                   6 issues · 12 arrays · 98.8 k * ▸ encoder                  13 arrays · 164.3 k · 657.0 kB
         ▸ head                         1 issue · 2 arrays · 1,000 * ▸ head                                            1 array














        ── row ───────────────────────────────────────────────────────────┬─ why 1 of 5 ────────────────────────────────────────
         encoder                                                          │ ● 4 arrays have another shape in the source
         a branch: what counts is decided below it                        │   encoder.0.mlp.up.weight,
         destination                      source                          │   encoder.0.mlp.down.weight
         12 arrays, 395.3 kB              13 arrays, 657.0 kB             │   a lenient load keeps the destination's values; s
         98.8 k parameters                164.3 k parameters              │   leaves a row out
                                                                          │ ○ 1 array will be converted to the destination's
                                                                          │   type
                                                                          │ ● 2 leaves of the destination are missing in the
                                                                          │   source
         Enter fold  ] issue  c why  / search  f filter  e equal  L load  r report  Tab pane  ? help      row 2 of 3 · 7 issues
        """)
  }

  @Test func ordinaryWindow() throws {
    let screen = try troubled(80, 24, "]")
    #expect(
      screen == """
         destination  model.safetensors        ← source  trained.pt
         safetensors · 15 arrays                 pytorch · 15 arrays
         █████████░░░░░░  10 of 15 arrays, 59 % of parameters   strict load: ✗ 7 issues
        ────────────────────────────────────────────────────────────────────────────────
         ▾ encoder                               ▾ encoder                             ▐
         │▾ 0                                    │▾ 0                                  ▐
         ││▾ attn                                ││▾ attn                              ▐
         │││▾ proj                               │││▾ proj                             ▐
         ││││  bias                      false ∅ ││││  bias        F32              64 ▐
         ││▾ mlp                                 ││▾ mlp
         │││▾ up                                 │││▾ up
         ││││  weight      F32          256×64 ≠ ││││  weight      F32          512×64
         │││▾ down                               │││▾ down
         ││││  weight      F32          64×256 ≠ ││││  weight      F32          64×512
         ││▾ norm                                ││▾ norm
         │││  weight       F32              64 ~ │││  weight       F16              64
        ── row ─────────────────────────────────────────────────────────────────────────
         encoder.0.mlp.up.weight
         other shape: a strict load stops here, a lenient one keeps the destination's
         values
         destination                             source
         F32 [256, 64], row order                F32 [512, 64], row order
         16,384 elements, 65.5 kB                32,768 elements, 131.1 kB            ▾
         Enter fold  ] issue  c why  / search  f filter      row 8 of 27 · issue 1 of 7
        """)
  }

  @Test func narrowWindow() throws {
    let screen = try troubled(60, 20, "] ] ]")
    #expect(
      screen == """
         destination  …l.safetensors ← source  trained.pt
         █████░░░░  10 of 15 arrays, 59 %   strict load: ✗ 7 issues
        ────────────────────────────────────────────────────────────
         ││││  weight         64×256 ≠ ││││  weight         64×512
         ││▾ norm                      ││▾ norm
         │││  weight          F32 64 ~ │││  weight          F16 64
         │▾ 1                          │▾ 1                        ▐
         ││▾ attn                      ││▾ attn                    ▐
         │││▾ qkv                      │││▾ qkv                    ▐
         ││││  bias              192 ∅ ││││  bias            false ▐
         │││▾ proj                     │││▾ proj
         ││││  bias            false <       ···
         ││▾ mlp                       ││▾ mlp
         │││▾ up                       │││▾ up
        ── row ─────────────────────────────────────────────────────
         encoder.1.attn.proj.bias
         only in the destination: a strict load stops here, a
         lenient one keeps it
         destination                   source                     ▾
         Enter fold  ] issue  c why     row 18 of 27 · issue 3 of 7
        """)
  }

  @Test func whyOnly() throws {
    let screen = try troubled(80, 24, "Tab Tab j")
    #expect(
      screen == """
         destination  model.safetensors        ← source  trained.pt
         safetensors · 15 arrays                 pytorch · 15 arrays
         █████████░░░░░░  10 of 15 arrays, 59 % of parameters   strict load: ✗ 7 issues
        ────────────────────────────────────────────────────────────────────────────────
         ▾ encoder                               ▾ encoder                             ▐
         │▾ 0                                    │▾ 0                                  ▐
         ││▾ attn                                ││▾ attn                              ▐
         │││▾ proj                               │││▾ proj                             ▐
         ││││  bias                      false ∅ ││││  bias        F32              64 ▐
         ││▾ mlp                                 ││▾ mlp
         │││▾ up                                 │││▾ up
         ││││  weight      F32          256×64 ≠ ││││  weight      F32          512×64
         │││▾ down                               │││▾ down
         ││││  weight      F32          64×256 ≠ ││││  weight      F32          64×512
         ││▾ norm                                ││▾ norm
         │││  weight       F32              64 ~ │││  weight       F16              64
        ── why 2 of 5 ──────────────────────────────────────────────────────────────────
          ● 4 arrays have another shape in the source
          ○ 1 array will be converted to the destination's type
          ● 2 leaves of the destination are missing in the source
          ● 1 leaf of the source has no place in the destination
          ○ 2 inactive parameters (false) without harm

         L load  Tab pane  ? help  Enter take  q quit            row 1 of 27 · 7 issues
        """)
  }

  @Test func loadMenu() throws {
    let screen = try troubled(80, 24, "L")
    #expect(
      screen == """
         destination  model.safetensors        ← source  trained.pt
         safetensors · 15 arrays                 pytorch · 15 arrays
         █████████░░░░░░  10 of 15 arrays, 59 % of parameters   strict load: ✗ 7 issues
        ────────────────────────────────────────────────────────────────────────────────
         ▾ encoder                               ▾ encoder                             ▐
         │▾ 0                                    │▾ 0                                  ▐
         ││▾ attn   ╭─ load ───────────────────────────────────────────────╮           ▐
         │││▾ proj  │ s  strict    refused: 7 issues; nothing is changed   │           ▐
         ││││  bias │ l  lenient   loads 9, zeros 1, keeps 7; 1 unused     │        64 ▐
         ││▾ mlp    │ r  report    every row, before anything is done      │
         │││▾ up    ╰──────────────────────────── Enter takes, Esc closes ─╯
         ││││  weight      F32          256×64 ≠ ││││  weight      F32          512×64
         │││▾ down                               │││▾ down
         ││││  weight      F32          64×256 ≠ ││││  weight      F32          64×512
         ││▾ norm                                ││▾ norm
         │││  weight       F32              64 ~ │││  weight       F16              64
        ── row ─────────────────────────────────────────────────────────────────────────
         encoder
         a branch: what counts is decided below it
         destination                             source
         12 arrays, 395.3 kB                     13 arrays, 657.0 kB
         98.8 k parameters                       164.3 k parameters

         ? help  Enter take  q quit
        """)
  }

  @Test func strictReport() throws {
    let screen = try troubled(80, 24, "L s")
    #expect(
      screen == """
         destination  model.safetensors        ← source  trained.pt
         safetensors · 15 arrays                 pytorch · 15 arrays
         █████████░░░░░░  10 of 15 arrays, 59 % of parameters   strict load: ✗ 7 issues
        ────────────────────────────────────────────────────────────────────────────────
          Report of what a load would do              Enter goes to the row, Esc closes
          Does not fit: would be kept  4
            ≠ encoder.0.mlp.up.weight                    F32 [256, 64] ← F32 [512, 64]
            ≠ encoder.0.mlp.down.weight                  F32 [64, 256] ← F32 [64, 512]
            ≠ encoder.1.mlp.up.weight                    F32 [256, 64] ← F32 [512, 64]
            ≠ encoder.1.mlp.down.weight                  F32 [64, 256] ← F32 [64, 512]

          Missing in the source: would be kept  2
            < encoder.1.attn.proj.bias                                           false
            < head.bias                                                     F32 [1000]

          Only in the source: would not be used  1
            > encoder.1.norm.bias                                             F32 [64]

          Would be zero-filled  1
            ∅ encoder.1.attn.qkv.bias                                F32 [192] ← false

          Would be kept  1
            ∅ encoder.0.attn.proj.bias                                false ← F32 [64]
         strict load refused: 7 issues; nothing has been changed
        """)
  }

  @Test func preview() throws {
    let screen = try troubled(80, 24, "p")
    #expect(
      screen == """
         destination  model.safetensors        ← source  trained.pt
         safetensors · 15 arrays                 pytorch · 15 arrays
         █████████░░░░░░  10 of 15 arrays, 59 % of parameters   strict load: ✗ 7 issues
        ────────────────────────────────────────────────────────────────────────────────
         ▾ encoder                               ▾ encoder                             ▐
         │▾ 0                                    │▾ 0                                  ▐
         ││▾ attn                                ││▾ attn                              ▐
         │││▾ proj                               │││▾ proj                             ▐
         ││││  bias                      false • ││││  bias        F32              64 ▐
         ││▾ mlp                                 ││▾ mlp
         │││▾ up                                 │││▾ up
         ││││  weight      F32          256×64 • ││││  weight      F32          512×64
         │││▾ down                               │││▾ down
         ││││  weight      F32          64×256 • ││││  weight      F32          64×512
         ││▾ norm                                ││▾ norm
         │││  weight       F32              64 ← │││  weight       F16              64
        ── row ─────────────────────────────────────────────────────────────────────────
         encoder
         a branch: what counts is decided below it
         destination                             source
         12 arrays, 395.3 kB                     13 arrays, 657.0 kB
         98.8 k parameters                       164.3 k parameters

         marks say what a lenient load would do        row 1 of 27 · 7 issues · preview
        """)
  }

  @Test func palette() throws {
    let screen = try troubled(80, 24, ": f o l")
    #expect(
      screen == """
         destination  model.safetensors        ← source  trained.pt
         safetensors · 15 arrays                 pytorch · 15 arrays
         █████████░░░░░░  10 of 15 arrays, 59 % of parameters   strict load: ✗ 7 issues
        ────────────────────────────────────────────────────────────────────────────────
         ▾ encoder                               ▾ encoder                             ▐
         │▾ 0                                    │▾ 0                                  ▐
         ││▾ attn                                ││▾ attn                              ▐
         │││▾ proj                               │││▾ proj                             ▐
         ││││  bias                      false ∅ ││││  bias        F32              64 ▐
         ││▾ mlp                                 ││▾ mlp
         ╭─ commands ───────────────────────────────────────────────────────────────╮
         │ fold               zc          close the branch                          │4
         │ fold-all           - zM        close all branches                        │
         │ unfold             zo          open the branch                           │2
         │ unfold-below       zO          open the branch and all below it          │
         │ unfold-all         = zR        open all branches                         │4
        ─│ half-page-down     C-d         half a page down                          │───
         │ toggle-flat        t           tree or flat list                         │
         │ pair-more          (           pair leftovers whose names are alike; ag… │
         │ pair-less          )           nothing is paired by likeness; ( begins … │
         │ save-rules         W           there are no rules yet; Enter on a cause… │
         │ metadata           i           sizes; what the files say of themselves   │
         ╰──────────────────────────────────────────────────────────────────────────╯
         :fol
        """)
  }

  @Test func copyMenu() throws {
    let screen = try troubled(80, 24, "] y")
    #expect(
      screen == """
         destination  model.safetensors        ← source  trained.pt
         safetensors · 15 arrays                 pytorch · 15 arrays
         █████████░░░░░░  10 of 15 arrays, 59 % of parameters   strict load: ✗ 7 issues
        ────────────────────────────────────────────────────────────────────────────────
         ▾ encoder                               ▾ encoder                             ▐
         │▾ ╭─ copy ───────────────────────────────────────────────────────────────╮   ▐
         ││▾│ p  key path              encoder.0.mlp.up.weight                     │   ▐
         ││││ d  destination's shape   [256, 64]                                   │   ▐
         ││││ s  source's shape        [512, 64]                                   │64 ▐
         ││▾│ e  sentence              encoder.0.mlp.up.weight: destination F32 [… │
         ││││ r  row as JSON           {"path":"encoder.0.mlp.up.weight","status"… │
         │││╰──────────────────────────────────────────── Enter takes, Esc closes ─╯64
         │││▾ down                               │││▾ down
         ││││  weight      F32          64×256 ≠ ││││  weight      F32          64×512
         ││▾ norm                                ││▾ norm
         │││  weight       F32              64 ~ │││  weight       F16              64
        ── row ─────────────────────────────────────────────────────────────────────────
         encoder.0.mlp.up.weight
         other shape: a strict load stops here, a lenient one keeps the destination's
         values
         destination                             source
         F32 [256, 64], row order                F32 [512, 64], row order
         16,384 elements, 65.5 kB                32,768 elements, 131.1 kB            ▾
         ? help  Enter take  q quit
        """)
  }

  @Test func optionsMenu() throws {
    let screen = try troubled(80, 24, "o")
    #expect(
      screen == """
         destination  model.safetensors        ← source  trained.pt
         safetensors · 15 arrays                 pytorch · 15 arrays
         █████████░░░░░░  10 of 15 arrays, 59 % of parameters   strict load: ✗ 7 issues
        ─────────╭─ options ──────────────────────────────────────────────────╮─────────
         ▾ encode│ t  element types                                 on        │        ▐
         │▾ 0    │ s  shapes                                        on        │        ▐
         ││▾ attn│ b  sizes of arrays                               off       │        ▐
         │││▾ pro│ u  units                                         decimal   │        ▐
         ││││  bi│ f  order of children                             natural   │     64 ▐
         ││▾ mlp │ o  optimizer, other training state               hidden    │
         │││▾ up │ a  ASCII only                                    off       │
         ││││  we│ d  background                                    dark      │ 512×64
         │││▾ dow│ c  colours                                       none      │
         ││││  we│ m  mouse                                         on        │ 64×512
         ││▾ norm│ n  load: nothing in the source keeps the array   off       │
         │││  wei│ i  load: an array for a false is no issue        off       │     64
        ── row ──╰────────────────────────────────── Enter takes, Esc closes ─╯─────────
         encoder
         a branch: what counts is decided below it
         destination                             source
         12 arrays, 395.3 kB                     13 arrays, 657.0 kB
         98.8 k parameters                       164.3 k parameters

         ? help  Enter take  q quit
        """)
  }

  @Test func flatList() throws {
    let screen = try troubled(80, 24, "t")
    #expect(
      screen == """
         destination  model.safetensors        ← source  trained.pt
         safetensors · 15 arrays                 pytorch · 15 arrays
         █████████░░░░░░  10 of 15 arrays, 59 % of parameters   strict load: ✗ 7 issues
        ────────────────────────────────────────────────────────────────────────────────
         …er.0.attn.proj.bias            false ∅ …ttn.proj.bias    F32              64
         …mlp.up.weight    F32          256×64 ≠ …mlp.up.weight    F32          512×64
         …p.down.weight    F32          64×256 ≠ …p.down.weight    F32          64×512
         …0.norm.weight    F32              64 ~ …0.norm.weight    F16              64
         …attn.qkv.bias    F32             192 ∅ …der.1.attn.qkv.bias            false
         …er.1.attn.proj.bias            false <   ···
         …mlp.up.weight    F32          256×64 ≠ …mlp.up.weight    F32          512×64
         …p.down.weight    F32          64×256 ≠ …p.down.weight    F32          64×512
           ···                                 > …r.1.norm.bias    F32              64
         head.bias         F32            1000 <   ···


        ── row ─────────────────────────────────────────────────────────────────────────
         encoder.0.attn.proj.bias
         false opposite an array: decided once its values can be read
         destination                             source
         false: an inactive parameter            F32 [64], row order
                                                 64 elements, 256 B
                                                 v reads the values
         ] issue  c why  / search  f filter  e equal  L load     row 1 of 10 · 7 issues
        """)
  }

  @Test func asciiOnly() throws {
    let screen = try troubled(80, 24, "] o a Esc")
    #expect(
      screen == """
         destination  model.safetensors       <- source  trained.pt
         safetensors - 15 arrays                 pytorch - 15 arrays
         ########......  10 of 15 arrays, 59 % of parameters   strict load: !! 7 issues
        --------------------------------------------------------------------------------
         - encoder                               - encoder                             |
         |- 0                                    |- 0                                  |
         ||- attn                                ||- attn                              |
         |||- proj                               |||- proj                             |
         ||||  bias                      false 0 ||||  bias        F32              64 |
         ||- mlp                                 ||- mlp
         |||- up                                 |||- up
         ||||  weight      F32          256x64 # ||||  weight      F32          512x64
         |||- down                               |||- down
         ||||  weight      F32          64x256 # ||||  weight      F32          64x512
         ||- norm                                ||- norm
         |||  weight       F32              64 ~ |||  weight       F16              64
        -- row -------------------------------------------------------------------------
         encoder.0.mlp.up.weight
         other shape: a strict load stops here, a lenient one keeps the destination's
         values
         destination                             source
         F32 [256, 64], row order                F32 [512, 64], row order
         16,384 elements, 65.5 kB                32,768 elements, 131.1 kB            v
         Enter fold  ] issue  c why  / search  f filter      row 8 of 27 - issue 1 of 7
        """)
  }

  @Test func tooSmall() throws {
    let screen = try troubled(50, 12, "j")
    #expect(
      screen == """




                    This window is too small.
                     It has 50 × 12; at least
                   60 × 10 are needed. q quits.





        """)
  }

  @Test func help() throws {
    let screen = try troubled(80, 24, "?")
    #expect(
      screen == """
         destination  model.safetensors        ← source  trained.pt
         safetensors · 15 arrays                 pytorch · 15 arrays
         █████████░░░░░░  10 of 15 arrays, 59 % of parameters   strict load: ✗ 7 issues
        ────────────────────────────────────────────────────────────────────────────────
          Help  Esc closes, ↑ ↓ scroll                                        18 of 111
          Move
            j Down            down; a number before it repeats it
            k Up              up
            C-d               half a page down
            C-u               half a page up
            PgDn C-f          a page down
            PgUp C-b          a page up
            g Home            first row; with a number, that row
            G End             last row; with a number, that row
            {                 to the branch above
            J                 next row of the same branch
            K                 previous row of the same branch

          Fold
            Enter Space za    open or close the branch
            l Right           open the branch; in an open one, go inside
            h Left            close the branch; in a closed one, go out
            zo                open the branch
         ? help  q quit
        """)
  }

  @Test func oneFile() throws {
    let screen = try single()
    #expect(
      screen == """
         model.safetensors
         safetensors · 15 arrays · 163.8 k parameters · 655.3 kB
        ────────────────────────────────────────────────────────────────────────────────
         ▾ embed                                                                       ▐
         │   weight                                      ta F32                1000×64 ▐
         ▾ encoder                                                                     ▐
         │ ▾ 0                                                                         ▐
         │ │ ▾ attn
         │ │ │ ▾ qkv
         │ │ │ │   weight                                   F32                 192×64
         │ │ │ │   bias                                     F32                    192
         │ │ │ ▾ proj
         │ │ │ │   weight                                   F32                  64×64
         │ │ │ │   bias                                                          false
         │ │ ▾ mlp
         │ │ │ ▾ up
        ── row ─────────────────────────────────────────────────────────────────────────
         encoder.0
         6 arrays, 197.6 kB
         49.4 k parameters



         Enter fold  / search  f filter  Tab pane  ? help  q quit           row 4 of 37
        """)
  }

  @Test func hostileNames() throws {
    let screen = try hostile()
    #expect(
      screen == """
         destination  model.safetensors        ← source  trained.pt
         safetensors · 3 arrays                  pytorch · 2 arrays · 8 parameters
         █████████░░░░░░░░  1 of 3 arrays, 55 % of parameters   strict load: ✗ 2 issues
        ────────────────────────────────────────────────────────────────────────────────
         ▾ 漢字の層                              ▾ 漢字の層
         │  重み           F32             2×3 = │  重み           F32             2×3
         ▾ very_long_name_…_very_long_name_      ▾ very_long_name_…_very_long_name_
         │  w              F32               1 ≠ │  w              F32               2
           \\x1b[31mred     F32               4 <   ···







        ── row ─────────────────────────────────────────────────────────────────────────
         very_long_name_very_long_name_very_long_name_very_long_name_very_long_name_ver
         y_long_name_very_long_name_very_long_name_
         a branch: what counts is decided below it
         destination                             source
         1 array, 4 B                            1 array, 8 B
         1 parameter                             2 parameters
         what is equal is shown                                   row 3 of 5 · 2 issues
        """)
  }
}
