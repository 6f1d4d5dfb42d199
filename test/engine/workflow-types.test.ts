/** What a plugin's types look like from a workflow: results, resources, flags, variants, options, maps, on real plugins. */
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { run } from "../../src/engine/embedding/run-program.node.ts";

const samples = fileURLToPath(new URL("../../plugins/samples/program.sennit", import.meta.url));

it("every kind of WIT type is used from a workflow", async () => {
  const lines: string[] = [];
  const source = String.raw`
      require "./counter-c" as c;
      require "./conformance-rust" as k;
      require "./counter-python" as p;
      r = try? c.fail("nope");
      match r { ok(v) { print v; } err(e) { print "err " .. e; } }
      try { c.fail("bad"); } catch (e) { print $"{e.code} {e.source} {e.message} {e.value}"; }
      try { p.fail("bad"); } catch (e) { print $"{e.code} {e.source}"; }
      a = k.accumulator(40);
      a.add(2);
      print a.value();
      b = k.accumulator(1);
      m = k.accumulator.merge(a, b);
      print m.value();
      try { a.value(); } catch (e) { print e.code; }
      print m;
      f = k.permissions(read, list_all);
      print k.echo_permissions(f);
      print f.read;
      print k.echo_colour(k.colour.ultra_violet);
      print k.echo_shape(k.shape.polygon([k.point(1.0, 2.0)]));
      n = k.names(get_URL: "u", HTTP_status: 200, is_last_item: true, type: "t", record: 3, class: "c", lambda: false, x2_y: 0.1);
      print k.echo_names(n);
      x: Int?? = some(nil);
      print k.echo_option_option(x);
      print k.echo_u64(18446744073709551615);
      print k.sum_f64([1, 2.5]);
      try { k.echo_u8(256); } catch (e) { print e.code; }
      para { print c.increment(); print c.increment(); }
      print c.increment();
      print c.count_words("b a b");
      w: Map<String, Int> = c.count_words("b a b");
      print w;
      print k.divide(7, 2);
  `;
  await run(source, { file: samples, onPrint: (line) => lines.push(line) });

  expect(lines).toEqual([
    "err nope",
    "failed sample:counter-c bad bad",
    "failed sample:counter-python",
    "42",
    "43",
    "moved",
    "<accumulator>",
    "permissions(read, list_all)",
    "true",
    "ultra_violet",
    "polygon([point(x: 1.0, y: 2.0)])",
    'names(get_URL: "u", HTTP_status: 200, is_last_item: true, type: "t", record: 3, class: "c", lambda: false, x2_y: 0.10000000149011612)',
    "some(nil)",
    "18446744073709551615",
    "3.5",
    "out-of-range",
    "1",
    "2",
    "3",
    '[("a", 1), ("b", 2)]',
    '["a": 1, "b": 2]',
    "3",
  ]);
});
